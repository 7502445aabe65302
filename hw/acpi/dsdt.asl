/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of the board "pc" no bus can enumerate: interrupt routing, address
 * windows, ISA devices, soft-off. It is the same for every machine: low RAM
 * never reaches the window for PCI memory (hw/pc.h), and the rest is read
 * from the chips.
 */
DefinitionBlock ("", "DSDT", 2, "HVMD  ", "HVMDPC  ", 1)
{
    /* SUS_TYP of soft-off is 0; there is no other sleep state */
    Name (\_S5, Package () { 0, 0, 0, 0 })

    Scope (\_SB)
    {
        Device (PCI0)
        {
            Name (_HID, EisaId ("PNP0A03"))
            Name (_UID, 0)
            Name (_CRS, ResourceTemplate ()
            {
                WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode,
                    0, 0x0000, 0x00FF, 0, 0x0100)
                IO (Decode16, 0x0CF8, 0x0CF8, 1, 8)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode,
                    EntireRange, 0, 0x0000, 0x0CF7, 0, 0x0CF8)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode,
                    EntireRange, 0, 0x0D00, 0xFFFF, 0, 0xF300)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed,
                    Cacheable, ReadWrite,
                    0, 0x000A0000, 0x000BFFFF, 0, 0x00020000)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed,
                    NonCacheable, ReadWrite,
                    0, 0xC0000000, 0xFEBFFFFF, 0, 0x3EC00000)
            })

            /* Pin p of slot s is wired to link (s + p - 1) mod 4 */
            Method (_PRT, 0, Serialized)
            {
                Name (ROUT, Package (128) {})
                Local0 = 0
                While (Local0 < 128)
                {
                    Local1 = Local0 >> 2 /* slot */
                    Local2 = Local0 & 3  /* pin */
                    Switch (ToInteger ((Local1 + Local2) & 3))
                    {
                        Case (1) { Local3 = Package (4) { 0, 0, LNKA, 0 } }
                        Case (2) { Local3 = Package (4) { 0, 0, LNKB, 0 } }
                        Case (3) { Local3 = Package (4) { 0, 0, LNKC, 0 } }
                        Default  { Local3 = Package (4) { 0, 0, LNKD, 0 } }
                    }
                    Local3 [0] = (Local1 << 16) | 0xFFFF
                    Local3 [1] = Local2
                    ROUT [Local0] = Local3
                    Local0++
                }
                Return (ROUT)
            }

            Device (PM)
            {
                Name (_ADR, 0x00010003)
                OperationRegion (DEVR, PCI_Config, 0x67, 1)
                Field (DEVR, ByteAcc, NoLock, Preserve)
                {
                    , 3,
                    CAEN, 1, /* COM A is there */
                    , 3,
                    CBEN, 1
                }
            }

            Device (ISA)
            {
                Name (_ADR, 0x00010000)
                OperationRegion (PIRQ, PCI_Config, 0x60, 4)
                Field (PIRQ, ByteAcc, NoLock, Preserve)
                {
                    PRQA, 8,
                    PRQB, 8,
                    PRQC, 8,
                    PRQD, 8
                }

                Device (RTC)
                {
                    Name (_HID, EisaId ("PNP0B00"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x0070, 0x0070, 1, 2)
                        IRQNoFlags () { 8 }
                    })
                }
                Device (KBD)
                {
                    Name (_HID, EisaId ("PNP0303"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x0060, 0x0060, 1, 1)
                        IO (Decode16, 0x0064, 0x0064, 1, 1)
                        IRQNoFlags () { 1 }
                    })
                }
                Device (MOU)
                {
                    Name (_HID, EisaId ("PNP0F13"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IRQNoFlags () { 12 }
                    })
                }
                Device (COM1)
                {
                    Name (_HID, EisaId ("PNP0501"))
                    Name (_UID, 1)
                    Method (_STA)
                    {
                        Return (^^^PM.CAEN * 0x0F)
                    }
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x03F8, 0x03F8, 1, 8)
                        IRQNoFlags () { 4 }
                    })
                }
                Device (COM2)
                {
                    Name (_HID, EisaId ("PNP0501"))
                    Name (_UID, 2)
                    Method (_STA)
                    {
                        Return (^^^PM.CBEN * 0x0F)
                    }
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x02F8, 0x02F8, 1, 8)
                        IRQNoFlags () { 3 }
                    })
                }
                Device (FWCF)
                {
                    Name (_HID, "QEMU0002")
                    Name (_STA, 0x0B)
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x0510, 0x0510, 1, 12)
                    })
                }
                /* ports of the chipset that nobody else may get */
                Device (MBRD)
                {
                    Name (_HID, EisaId ("PNP0C02"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x00B2, 0x00B2, 1, 2)
                        IO (Decode16, 0x0600, 0x0600, 1, 64)
                    })
                }
            }
        }

        /* The PIRQ links; bit 7 of a register is "not routed" */
        Method (LSTA, 1)
        {
            If (Arg0 & 0x80)
            {
                Return (0x09)
            }
            Return (0x0B)
        }
        Method (LCRS, 1, Serialized)
        {
            Name (RES, ResourceTemplate ()
            {
                Interrupt (, Level, ActiveHigh, Shared, , , LINE) { 0 }
            })
            CreateDWordField (RES, LINE._INT, VALU)
            If (!(Arg0 & 0x80))
            {
                VALU = Arg0
            }
            Return (RES)
        }
        Method (LSRS, 1, Serialized)
        {
            CreateDWordField (Arg0, 5, VALU)
            Return (VALU)
        }
        Name (LPRS, ResourceTemplate ()
        {
            Interrupt (, Level, ActiveHigh, Shared) { 5, 10, 11 }
        })
        Device (LNKA)
        {
            Name (_HID, EisaId ("PNP0C0F"))
            Name (_UID, 1)
            Method (_STA) { Return (LSTA (\_SB.PCI0.ISA.PRQA)) }
            Method (_PRS) { Return (LPRS) }
            Method (_CRS) { Return (LCRS (\_SB.PCI0.ISA.PRQA)) }
            Method (_SRS, 1) { \_SB.PCI0.ISA.PRQA = LSRS (Arg0) }
            Method (_DIS) { \_SB.PCI0.ISA.PRQA |= 0x80 }
        }
        Device (LNKB)
        {
            Name (_HID, EisaId ("PNP0C0F"))
            Name (_UID, 2)
            Method (_STA) { Return (LSTA (\_SB.PCI0.ISA.PRQB)) }
            Method (_PRS) { Return (LPRS) }
            Method (_CRS) { Return (LCRS (\_SB.PCI0.ISA.PRQB)) }
            Method (_SRS, 1) { \_SB.PCI0.ISA.PRQB = LSRS (Arg0) }
            Method (_DIS) { \_SB.PCI0.ISA.PRQB |= 0x80 }
        }
        Device (LNKC)
        {
            Name (_HID, EisaId ("PNP0C0F"))
            Name (_UID, 3)
            Method (_STA) { Return (LSTA (\_SB.PCI0.ISA.PRQC)) }
            Method (_PRS) { Return (LPRS) }
            Method (_CRS) { Return (LCRS (\_SB.PCI0.ISA.PRQC)) }
            Method (_SRS, 1) { \_SB.PCI0.ISA.PRQC = LSRS (Arg0) }
            Method (_DIS) { \_SB.PCI0.ISA.PRQC |= 0x80 }
        }
        Device (LNKD)
        {
            Name (_HID, EisaId ("PNP0C0F"))
            Name (_UID, 4)
            Method (_STA) { Return (LSTA (\_SB.PCI0.ISA.PRQD)) }
            Method (_PRS) { Return (LPRS) }
            Method (_CRS) { Return (LCRS (\_SB.PCI0.ISA.PRQD)) }
            Method (_SRS, 1) { \_SB.PCI0.ISA.PRQD = LSRS (Arg0) }
            Method (_DIS) { \_SB.PCI0.ISA.PRQD |= 0x80 }
        }
    }
}
