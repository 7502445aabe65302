# domid 3
# A domain as libxl makes it.
d 0 MKDIR /local/domain/$D|
= MKDIR OK|
d 0 RM /local/domain/$D|
= RM OK|
d 0 WRITE /local/domain/$D|
= WRITE OK|
d 0 SET_PERMS /local/domain/$D|n0|r$D|
= SET_PERMS OK|
d 0 WRITE /local/domain/$D/domid|$D
= WRITE OK|
d 0 WRITE /local/domain/$D/cpu|
= WRITE OK|
d 0 SET_PERMS /local/domain/$D/cpu|n0|r$D|
= SET_PERMS OK|
d 0 WRITE /local/domain/$D/memory|
= WRITE OK|
d 0 SET_PERMS /local/domain/$D/memory|n0|r$D|
= SET_PERMS OK|
d 0 WRITE /local/domain/$D/device|
= WRITE OK|
d 0 SET_PERMS /local/domain/$D/device|n0|r$D|
= SET_PERMS OK|
d 0 WRITE /local/domain/$D/control|
= WRITE OK|
d 0 SET_PERMS /local/domain/$D/control|n0|r$D|
= SET_PERMS OK|
d 0 WRITE /local/domain/$D/store|
= WRITE OK|
d 0 SET_PERMS /local/domain/$D/store|n0|r$D|
= SET_PERMS OK|
d 0 WRITE /local/domain/$D/control/shutdown|
= WRITE OK|
d 0 SET_PERMS /local/domain/$D/control/shutdown|n$D|r$D|
= SET_PERMS OK|
d 0 WRITE /local/domain/$D/data|
= WRITE OK|
d 0 SET_PERMS /local/domain/$D/data|n$D|r$D|
= SET_PERMS OK|
d 0 WRITE /local/domain/$D/attr|
= WRITE OK|
d 0 SET_PERMS /local/domain/$D/attr|n$D|r$D|
= SET_PERMS OK|
# Nodes.
g 0 WRITE data/a|one
= WRITE OK|
g 0 READ data/a|
= READ one
g 0 READ /local/domain/$D/data/a|
= READ one
d 0 READ /local/domain/$D/data/a|
= READ one
g 0 WRITE data/a|
= WRITE OK|
g 0 READ data/a|
= READ 
g 0 WRITE data/b/c/d|x|y|
= WRITE OK|
g 0 READ data/b/c/d|
= READ x|y|
g 0 READ data/b|
= READ 
g 0 MKDIR data/e|
= MKDIR OK|
g 0 MKDIR data/a|
= MKDIR OK|
g 0 READ data/a|
= READ 
g 0 DIRECTORY data|
= DIRECTORY a|b|e|
g 0 DIRECTORY data/b|
= DIRECTORY c|
g 0 DIRECTORY data/e|
= DIRECTORY 
g 0 RM data/b|
= RM OK|
g 0 RM data/b|
= RM OK|
g 0 RM data/b/c|
= ERROR ENOENT|
g 0 RM data/b/c/d|
= ERROR ENOENT|
g 0 DIRECTORY data|
= DIRECTORY a|e|
g 0 READ data/b/c/d|
= ERROR ENOENT|
g 0 DIRECTORY data/b|
= ERROR ENOENT|
g 0 GET_PERMS data/b|
= ERROR ENOENT|
g 0 SET_PERMS data/b|n$D|
= ERROR ENOENT|
d 0 RM /|
= ERROR EINVAL|
g 0 RM /|
= ERROR EACCES|
g 0 RM /local|
= ERROR EACCES|
d 0 READ /|
= READ 
d 0 READ /nowhere/at/all|
= ERROR ENOENT|
d 0 RM /nowhere/at/all|
= ERROR ENOENT|
d 0 RM /nowhere|
= RM OK|
d 0 MKDIR /|
= MKDIR OK|
d 0 WRITE /|x
= WRITE OK|
d 0 WRITE /test/x/y/z|v
= WRITE OK|
d 0 GET_PERMS /test/x|
= GET_PERMS n0|
d 0 DIRECTORY /test|
= DIRECTORY x|
# Requests that are none.
g 0 READ |
= ERROR EINVAL|
g 0 READ data|data|
= ERROR EINVAL|
g 0 READ data|x
= ERROR EINVAL|
g 0 DIRECTORY
= ERROR EINVAL|
g 0 DIRECTORY data
= ERROR EINVAL|
g 0 DIRECTORY |
= ERROR EINVAL|
g 0 DIRECTORY data|data|
= ERROR EINVAL|
g 0 DIRECTORY data|x
= ERROR EINVAL|
g 0 GET_PERMS
= ERROR EINVAL|
g 0 GET_PERMS data
= ERROR EINVAL|
g 0 GET_PERMS |
= ERROR EINVAL|
g 0 GET_PERMS data|data|
= ERROR EINVAL|
g 0 GET_PERMS data|x
= ERROR EINVAL|
g 0 MKDIR
= ERROR EINVAL|
g 0 MKDIR data
= ERROR EINVAL|
g 0 MKDIR |
= ERROR EINVAL|
g 0 MKDIR data|data|
= ERROR EINVAL|
g 0 MKDIR data|x
= ERROR EINVAL|
g 0 RM
= ERROR EINVAL|
g 0 RM data
= ERROR EINVAL|
g 0 RM |
= ERROR EINVAL|
g 0 RM data|data|
= ERROR EINVAL|
g 0 RM data|x
= ERROR EINVAL|
g 0 WRITE
= ERROR EINVAL|
g 0 WRITE data
= ERROR EINVAL|
g 0 WRITE |x
= ERROR EINVAL|
g 0 WRITE data/x y|z
= ERROR EINVAL|
g 0 WATCH
= ERROR EINVAL|
g 0 WATCH data|
= ERROR EINVAL|
g 0 WATCH data|t
= ERROR EINVAL|
g 0 WATCH data|t|u|
= ERROR EINVAL|
g 0 UNWATCH
= ERROR EINVAL|
g 0 UNWATCH data|
= ERROR EINVAL|
g 0 UNWATCH data|t|
= ERROR ENOENT|
g 0 UNWATCH data|t|u|
= ERROR EINVAL|
g 0 WATCH |t|
= ERROR EINVAL|
g 0 WATCH data/|t|
= ERROR EINVAL|
g 0 SET_PERMS
= ERROR EINVAL|
g 0 SET_PERMS data|
= ERROR EINVAL|
g 0 SET_PERMS data|x5|
= ERROR EINVAL|
g 0 SET_PERMS data|n|
= ERROR EINVAL|
g 0 SET_PERMS data|n5x|
= ERROR EINVAL|
g 0 SET_PERMS data|n$D
= ERROR EINVAL|
g 0 SET_PERMS data|n$D|r
= SET_PERMS OK|
g 0 SET_PERMS |n$D|
= ERROR EINVAL|
g 0 SET_PERMS data|5|
= ERROR EINVAL|
g 0 SET_PERMS data|n-1|
= ERROR ENOENT|
g 0 SET_PERMS data|N$D|
= ERROR EINVAL|
g 0 DIRECTORY_PART
= ERROR EINVAL|
g 0 DIRECTORY_PART data|
= ERROR EINVAL|
g 0 DIRECTORY_PART data|0
= ERROR EINVAL|
g 0 DIRECTORY_PART data|0|
= DIRECTORY_PART GEN|a|e||
g 0 DIRECTORY_PART data|0|0|
= ERROR EINVAL|
g 0 DIRECTORY_PART data|x|
= DIRECTORY_PART GEN|a|e||
g 0 DIRECTORY_PART data|1|
= DIRECTORY_PART GEN||e||
g 0 DIRECTORY_PART data|2|
= DIRECTORY_PART GEN|e||
g 0 DIRECTORY_PART data|3|
= DIRECTORY_PART GEN|||
g 0 DIRECTORY_PART data|4|
= DIRECTORY_PART GEN||
g 0 DIRECTORY_PART data|5|
= DIRECTORY_PART GEN||
g 0 DIRECTORY_PART data|100000|
= DIRECTORY_PART GEN||
g 0 DIRECTORY_PART data/e|0|
= DIRECTORY_PART GEN||
g 0 DIRECTORY_PART data/none|0|
= ERROR ENOENT|
g 0 DIRECTORY_PART /|0|
= ERROR EACCES|
g 0 TRANSACTION_END T|
= ERROR ENOENT|
g 0 TRANSACTION_END F|
= ERROR ENOENT|
g 0 TRANSACTION_END X|
= ERROR EINVAL|
g 0 TRANSACTION_END
= ERROR EINVAL|
g 0 TRANSACTION_END T
= ERROR EINVAL|
g x TRANSACTION_END T|
= ERROR ENOENT|
g x READ data|
= ERROR ENOENT|
g x WRITE data/a|x
= ERROR ENOENT|
g x TRANSACTION_START |
= ERROR ENOENT|
g x WATCH data|t9|
= WATCH OK|
! g data|t9|
g x UNWATCH data|t9|
= UNWATCH OK|
g x GET_DOMAIN_PATH 5|
= ERROR ENOENT|
g x IS_DOMAIN_INTRODUCED 0|
= ERROR EACCES|
g 0 GET_DOMAIN_PATH
= ERROR EINVAL|
g 0 GET_DOMAIN_PATH 5
= ERROR EINVAL|
g 0 GET_DOMAIN_PATH 5|
= GET_DOMAIN_PATH /local/domain/5|
g 0 GET_DOMAIN_PATH abc|
= GET_DOMAIN_PATH /local/domain/0|
g 0 GET_DOMAIN_PATH |
= GET_DOMAIN_PATH /local/domain/0|
g 0 GET_DOMAIN_PATH 5|6|
= ERROR EINVAL|
g 0 GET_DOMAIN_PATH 5x|
= GET_DOMAIN_PATH /local/domain/5|
g 0 GET_DOMAIN_PATH -1|
= GET_DOMAIN_PATH /local/domain/4294967295|
d 0 GET_DOMAIN_PATH 0|
= GET_DOMAIN_PATH /local/domain/0|
g 0 IS_DOMAIN_INTRODUCED
= ERROR EACCES|
g 0 IS_DOMAIN_INTRODUCED $D|
= ERROR EACCES|
g 0 IS_DOMAIN_INTRODUCED 0|
= ERROR EACCES|
g 0 IS_DOMAIN_INTRODUCED 32752|
= ERROR EACCES|
g 0 IS_DOMAIN_INTRODUCED 31111|
= ERROR EACCES|
d 0 IS_DOMAIN_INTRODUCED $D|
= IS_DOMAIN_INTRODUCED T|
d 0 IS_DOMAIN_INTRODUCED 31111|
= IS_DOMAIN_INTRODUCED F|
d 0 IS_DOMAIN_INTRODUCED 0|
= IS_DOMAIN_INTRODUCED T|
g 0 CONTROL help|
= ERROR EACCES|
g 0 CONTROL
= ERROR EACCES|
g 0 INTRODUCE 7|1|2|
= ERROR EACCES|
g 0 RELEASE $D|
= ERROR EACCES|
g 0 RESUME $D|
= ERROR EACCES|
g 0 SET_TARGET $D|0|
= ERROR EACCES|
g 0 20 $D|
= ERROR ENOSYS|
g 0 WATCH_EVENT data|t|
= ERROR ENOSYS|
g 0 ERROR EINVAL|
= ERROR ENOSYS|
g 0 23 |
= ERROR ENOSYS|
g 0 24 |
= ERROR ENOSYS|
g 0 1000 |
= ERROR ENOSYS|
g 0 65535 |
= ERROR ENOSYS|
# Paths.
g 0 READ //|
= ERROR EINVAL|
g 0 MKDIR //|
= ERROR EINVAL|
g 0 WATCH //|w|
= ERROR EINVAL|
g 0 UNWATCH //|w|
= ERROR ENOENT|
g 0 READ /a//b|
= ERROR EINVAL|
g 0 MKDIR /a//b|
= ERROR EINVAL|
g 0 WATCH /a//b|w|
= ERROR EINVAL|
g 0 UNWATCH /a//b|w|
= ERROR ENOENT|
g 0 READ /a/|
= ERROR EINVAL|
g 0 MKDIR /a/|
= ERROR EINVAL|
g 0 WATCH /a/|w|
= ERROR EINVAL|
g 0 UNWATCH /a/|w|
= ERROR ENOENT|
g 0 READ data//a|
= ERROR EINVAL|
g 0 MKDIR data//a|
= ERROR EINVAL|
g 0 WATCH data//a|w|
= ERROR EINVAL|
g 0 UNWATCH data//a|w|
= ERROR ENOENT|
g 0 READ data/|
= ERROR EINVAL|
g 0 MKDIR data/|
= ERROR EINVAL|
g 0 WATCH data/|w|
= ERROR EINVAL|
g 0 UNWATCH data/|w|
= ERROR ENOENT|
g 0 READ data/a b|
= ERROR EINVAL|
g 0 MKDIR data/a b|
= ERROR EINVAL|
g 0 WATCH data/a b|w|
= ERROR EINVAL|
g 0 UNWATCH data/a b|w|
= ERROR ENOENT|
g 0 READ @introduceDomain|
= ERROR EINVAL|
g 0 MKDIR @introduceDomain|
= ERROR EINVAL|
g 0 WATCH @introduceDomain|w|
= WATCH OK|
! g @introduceDomain|w|
g 0 UNWATCH @introduceDomain|w|
= UNWATCH OK|
g 0 READ @releaseDomain|
= ERROR EINVAL|
g 0 MKDIR @releaseDomain|
= ERROR EINVAL|
g 0 WATCH @releaseDomain|w|
= WATCH OK|
! g @releaseDomain|w|
g 0 UNWATCH @releaseDomain|w|
= UNWATCH OK|
g 0 READ @nothing|
= ERROR EINVAL|
g 0 MKDIR @nothing|
= ERROR EINVAL|
g 0 WATCH @nothing|w|
= WATCH OK|
! g @nothing|w|
g 0 UNWATCH @nothing|w|
= UNWATCH OK|
g 0 READ /a\x01|
= ERROR EINVAL|
g 0 MKDIR /a\x01|
= ERROR EINVAL|
g 0 WATCH /a\x01|w|
= ERROR EINVAL|
g 0 UNWATCH /a\x01|w|
= ERROR ENOENT|
g 0 READ /a\xff|
= ERROR EINVAL|
g 0 MKDIR /a\xff|
= ERROR EINVAL|
g 0 WATCH /a\xff|w|
= ERROR EINVAL|
g 0 UNWATCH /a\xff|w|
= ERROR ENOENT|
g 0 READ /a.b|
= ERROR EINVAL|
g 0 MKDIR /a.b|
= ERROR EINVAL|
g 0 WATCH /a.b|w|
= ERROR EINVAL|
g 0 UNWATCH /a.b|w|
= ERROR ENOENT|
g 0 READ data/a.b|
= ERROR EINVAL|
g 0 MKDIR data/a.b|
= ERROR EINVAL|
g 0 WATCH data/a.b|w|
= ERROR EINVAL|
g 0 UNWATCH data/a.b|w|
= ERROR ENOENT|
g 0 READ data/@x|
= ERROR ENOENT|
g 0 MKDIR data/@x|
= MKDIR OK|
g 0 WATCH data/@x|w|
= WATCH OK|
! g data/@x|w|
g 0 UNWATCH data/@x|w|
= UNWATCH OK|
g 0 READ data/a_b-C9|
= ERROR ENOENT|
g 0 MKDIR data/a_b-C9|
= MKDIR OK|
g 0 WATCH data/a_b-C9|w|
= WATCH OK|
! g data/a_b-C9|w|
g 0 UNWATCH data/a_b-C9|w|
= UNWATCH OK|
g 0 READ ./data|
= ERROR EINVAL|
g 0 MKDIR ./data|
= ERROR EINVAL|
g 0 WATCH ./data|w|
= ERROR EINVAL|
g 0 UNWATCH ./data|w|
= ERROR ENOENT|
g 0 READ data/..|
= ERROR EINVAL|
g 0 MKDIR data/..|
= ERROR EINVAL|
g 0 WATCH data/..|w|
= ERROR EINVAL|
g 0 UNWATCH data/..|w|
= ERROR ENOENT|
g 0 READ /local/domain/$D/|
= ERROR EINVAL|
g 0 MKDIR /local/domain/$D/|
= ERROR EINVAL|
g 0 WATCH /local/domain/$D/|w|
= ERROR EINVAL|
g 0 UNWATCH /local/domain/$D/|w|
= ERROR ENOENT|
g 0 READ /local/domain/$D//data|
= ERROR EINVAL|
g 0 MKDIR /local/domain/$D//data|
= ERROR EINVAL|
g 0 WATCH /local/domain/$D//data|w|
= ERROR EINVAL|
g 0 UNWATCH /local/domain/$D//data|w|
= ERROR ENOENT|
g 0 READ local|
= ERROR ENOENT|
g 0 MKDIR local|
= ERROR EACCES|
g 0 WATCH local|w|
= WATCH OK|
! g local|w|
g 0 UNWATCH local|w|
= UNWATCH OK|
g 0 READ {a*2030}|
= ERROR ENOENT|
g 0 READ /{a*2030}|
= ERROR EACCES|
g 0 READ /local/domain/$D/{a*2030}|
= ERROR ENOENT|
d 0 READ /{a*2030}|
= ERROR ENOENT|
g 0 READ {a*2047}|
= ERROR ENOENT|
g 0 READ /{a*2047}|
= ERROR EACCES|
g 0 READ /local/domain/$D/{a*2047}|
= ERROR ENOENT|
d 0 READ /{a*2047}|
= ERROR ENOENT|
g 0 READ {a*2048}|
= ERROR ENOENT|
g 0 READ /{a*2048}|
= ERROR EINVAL|
g 0 READ /local/domain/$D/{a*2048}|
= ERROR ENOENT|
d 0 READ /{a*2048}|
= ERROR EINVAL|
g 0 READ {a*2049}|
= ERROR EINVAL|
g 0 READ /{a*2049}|
= ERROR EINVAL|
g 0 READ /local/domain/$D/{a*2049}|
= ERROR EINVAL|
d 0 READ /{a*2049}|
= ERROR EINVAL|
g 0 READ {a*3000}|
= ERROR EINVAL|
g 0 READ /{a*3000}|
= ERROR EINVAL|
g 0 READ /local/domain/$D/{a*3000}|
= ERROR EINVAL|
d 0 READ /{a*3000}|
= ERROR EINVAL|
g 0 READ {a*3072}|
= ERROR EINVAL|
g 0 READ /{a*3072}|
= ERROR EINVAL|
g 0 READ /local/domain/$D/{a*3072}|
= ERROR EINVAL|
d 0 READ /{a*3072}|
= ERROR EINVAL|
g 0 READ {a*3073}|
= ERROR EINVAL|
g 0 READ /{a*3073}|
= ERROR EINVAL|
g 0 READ /local/domain/$D/{a*3073}|
= ERROR EINVAL|
d 0 READ /{a*3073}|
= ERROR EINVAL|
g 0 READ {a*4000}|
= ERROR EINVAL|
g 0 READ /{a*4000}|
= ERROR EINVAL|
g 0 READ /local/domain/$D/{a*4000}|
= ERROR EINVAL|
d 0 READ /{a*4000}|
= ERROR EINVAL|
d 0 READ /local/domain/$D/{a*3050}|
= ERROR EINVAL|
d 0 READ /local/domain/$D/{a*3055}|
= ERROR EINVAL|
d 0 READ /local/domain/$D/{a*3060}|
= ERROR EINVAL|
g 0 READ {a*4095}|
= ERROR EINVAL|
g 0 READ {a*4096}
= ERROR EINVAL|
# Rights.
d 0 WRITE /test/secret|x
= WRITE OK|
g 0 READ /test/secret|
= ERROR EACCES|
g 0 READ /test/none|
= ERROR EACCES|
g 0 READ /test|
= ERROR EACCES|
g 0 DIRECTORY /|
= ERROR EACCES|
g 0 READ /|
= ERROR EACCES|
g 0 DIRECTORY /local|
= ERROR EACCES|
g 0 DIRECTORY /local/domain|
= ERROR EACCES|
g 0 DIRECTORY /local/domain/0|
= ERROR EACCES|
g 0 READ /local/domain/0/none|
= ERROR EACCES|
g 0 WRITE /elsewhere|x
= ERROR EACCES|
g 0 MKDIR /elsewhere|
= ERROR EACCES|
g 0 WRITE /test/secret|y
= ERROR EACCES|
g 0 RM /test/secret|
= ERROR EACCES|
g 0 RM /test/none|
= ERROR EACCES|
g 0 SET_PERMS /test/secret|n$D|
= ERROR EACCES|
g 0 GET_PERMS /test/secret|
= ERROR EACCES|
g 0 GET_PERMS /test/none|
= ERROR EACCES|
g 0 READ domid|
= READ 3
g 0 READ none|
= ERROR ENOENT|
g 0 READ none/none|
= ERROR ENOENT|
g 0 WRITE domid|x
= ERROR EACCES|
g 0 WRITE none|x
= ERROR EACCES|
g 0 MKDIR none|
= ERROR EACCES|
g 0 MKDIR domid|
= ERROR EACCES|
g 0 RM domid|
= ERROR EACCES|
g 0 RM none|
= ERROR EACCES|
g 0 RM none/none|
= ERROR EACCES|
g 0 SET_PERMS domid|n$D|
= ERROR EACCES|
g 0 SET_PERMS none|n$D|
= ERROR EACCES|
g 0 GET_PERMS domid|
= GET_PERMS n0|r3|
g 0 GET_PERMS data|
= GET_PERMS n3|
g 0 GET_PERMS none|
= ERROR ENOENT|
g 0 GET_PERMS |
= ERROR EINVAL|
g 0 GET_PERMS control/shutdown|
= GET_PERMS n3|r3|
g 0 WRITE control/shutdown|
= WRITE OK|
g 0 READ control/shutdown|
= READ 
g 0 GET_PERMS control|
= GET_PERMS n0|r3|
g 0 GET_PERMS device|
= GET_PERMS n0|r3|
g 0 WRITE control/x|1
= ERROR EACCES|
g 0 WRITE device/x|1
= ERROR EACCES|
g 0 GET_PERMS .|
= ERROR EINVAL|
d 0 WRITE /test/n|x
= WRITE OK|
d 0 SET_PERMS /test/n|n0|
= SET_PERMS OK|
g 0 READ /test/n|
= ERROR EACCES|
g 0 WRITE /test/n|y
= ERROR EACCES|
g 0 READ /test/n/none|
= ERROR EACCES|
g 0 WRITE /test/n/none|y
= ERROR EACCES|
d 0 SET_PERMS /test/n|r0|
= SET_PERMS OK|
g 0 READ /test/n|
= READ x
g 0 WRITE /test/n|y
= ERROR EACCES|
g 0 READ /test/n/none|
= ERROR ENOENT|
g 0 WRITE /test/n/none|y
= ERROR EACCES|
g 0 MKDIR /test/n/none|
= ERROR EACCES|
g 0 GET_PERMS /test/n|
= GET_PERMS r0|
g 0 SET_PERMS /test/n|n0|
= ERROR EACCES|
d 0 SET_PERMS /test/n|w0|
= SET_PERMS OK|
g 0 READ /test/n|
= ERROR EACCES|
g 0 WRITE /test/n|y
= WRITE OK|
g 0 READ /test/n/none|
= ERROR EACCES|
g 0 WRITE /test/n/mine|y
= WRITE OK|
g 0 GET_PERMS /test/n/mine|
= GET_PERMS w3|
d 0 GET_PERMS /test/n/mine|
= GET_PERMS w3|
g 0 GET_PERMS /test/n|
= ERROR EACCES|
g 0 SET_PERMS /test/n|n0|
= ERROR EACCES|
g 0 DIRECTORY /test/n|
= ERROR EACCES|
g 0 RM /test/n/mine|
= RM OK|
g 0 RM /test/n|
= RM OK|
d 0 WRITE /test/n|x
= WRITE OK|
d 0 SET_PERMS /test/n|n0|b$D|
= SET_PERMS OK|
g 0 READ /test/n|
= READ x
g 0 WRITE /test/n/q|y
= WRITE OK|
g 0 GET_PERMS /test/n/q|
= GET_PERMS n3|b3|
d 0 GET_PERMS /test/n/q|
= GET_PERMS n3|b3|
g 0 MKDIR /test/n/r/s|
= MKDIR OK|
g 0 GET_PERMS /test/n/r|
= GET_PERMS n3|b3|
g 0 SET_PERMS /test/n|b0|
= ERROR EACCES|
g 0 SET_PERMS /test/n/q|n$D|r0|
= SET_PERMS OK|
g 0 SET_PERMS /test/n/q|n0|
= ERROR EPERM|
g 0 SET_PERMS /test/n/q|b0|b$D|
= ERROR EPERM|
g 0 GET_PERMS /test/n/q|
= GET_PERMS n3|r0|
g 0 SET_PERMS /test/n/q|b$D|
= SET_PERMS OK|
d 0 SET_PERMS /test/n/q|n0|w$D|r$D|
= SET_PERMS OK|
g 0 READ /test/n/q|
= ERROR EACCES|
g 0 WRITE /test/n/q|z
= WRITE OK|
g 0 GET_PERMS /test/n/q|
= ERROR EACCES|
d 0 GET_PERMS /test/n/q|
= GET_PERMS n0|w3|r3|
d 0 SET_PERMS /test/n/q|n$D|r1234|w4321|
= SET_PERMS OK|
g 0 GET_PERMS /test/n/q|
= GET_PERMS n3|r1234|w4321|
g 0 SET_PERMS data/a|n$D|r0|
= SET_PERMS OK|
g 0 GET_PERMS data/a|
= GET_PERMS n3|r0|
g 0 SET_PERMS data/a|r$D|
= SET_PERMS OK|
g 0 GET_PERMS data/a|
= GET_PERMS r3|
d 0 SET_PERMS /none|n0|
= ERROR ENOENT|
d 0 SET_PERMS /test|n0|
= SET_PERMS OK|
d 0 SET_PERMS /test/n|n31111|
= ERROR ENOENT|
d 0 GET_PERMS /test/n|
= GET_PERMS n0|b3|
d 0 SET_PERMS /test/n|n0|r31111|
= SET_PERMS OK|
d 0 GET_PERMS /test/n|
= GET_PERMS n0|r31111|
d 0 SET_PERMS /test/n|n0|
= SET_PERMS OK|
d 0 SET_PERMS /test/n|
= ERROR EINVAL|
d 0 SET_PERMS /test/n|n0|n0|
= SET_PERMS OK|
# Watches.
g 0 WATCH data|t1|
= WATCH OK|
! g data|t1|
g 0 WATCH data|t1|
= ERROR EEXIST|
g 0 WATCH /local/domain/$D/data|t1|
= ERROR EEXIST|
g 0 WATCH /local/domain/$D/data|t2|
= WATCH OK|
! g /local/domain/3/data|t2|
d 0 WRITE /local/domain/$D/data/w/x|1
= WRITE OK|
! g data/w/x|t1|
! g /local/domain/3/data/w/x|t2|
g 0 WRITE data/w/y|1
! g data/w/y|t1|
! g /local/domain/3/data/w/y|t2|
= WRITE OK|
g 0 WRITE data/w/y|1
! g data/w/y|t1|
! g /local/domain/3/data/w/y|t2|
= WRITE OK|
g 0 MKDIR data/w/z|
! g data/w/z|t1|
! g /local/domain/3/data/w/z|t2|
= MKDIR OK|
g 0 MKDIR data/w/z|
= MKDIR OK|
g 0 READ data/w/z|
= READ 
g 0 UNWATCH data|t2|
= UNWATCH OK|
g 0 UNWATCH data|t2|
= ERROR ENOENT|
g 0 UNWATCH /local/domain/$D/data|t1|
= UNWATCH OK|
g 0 WATCH data|t1|
= WATCH OK|
! g data|t1|
d 0 WRITE /local/domain/$D/database|x
= WRITE OK|
d 0 RM /local/domain/$D/database|
= RM OK|
g 0 SET_PERMS data/w|n$D|r0|
! g data/w|t1|
= SET_PERMS OK|
g 0 WATCH data/w/x|deep|
= WATCH OK|
! g data/w/x|deep|
g 0 WATCH data/w/none|never|
= WATCH OK|
! g data/w/none|never|
d 0 WATCH /local/domain/$D/data|dom0|
= WATCH OK|
! d /local/domain/3/data|dom0|
g 0 RM data/w|
! g data/w/x|deep|
! g data/w|t1|
= RM OK|
! d /local/domain/3/data/w|dom0|
g 0 RM data/w|
= RM OK|
g 0 WRITE data/w/none|here
! g data/w/none|t1|
! g data/w/none|never|
= WRITE OK|
! d /local/domain/3/data/w/none|dom0|
g 0 RM data/w/none|
! g data/w/none|t1|
! g data/w/none|never|
= RM OK|
! d /local/domain/3/data/w/none|dom0|
g 0 UNWATCH data/w/none|never|
= UNWATCH OK|
g 0 UNWATCH data/w/x|deep|
= UNWATCH OK|
g 0 WATCH /test|sec|
= WATCH OK|
! g /test|sec|
g 0 WATCH /|all|
= WATCH OK|
! g /|all|
d 0 WRITE /test/secret|y
= WRITE OK|
d 0 SET_PERMS /test/secret|n0|r$D|
= SET_PERMS OK|
! g /test/secret|sec|
! g /test/secret|all|
d 0 WRITE /test/secret|z
= WRITE OK|
! g /test/secret|sec|
! g /test/secret|all|
d 0 SET_PERMS /test/secret|n0|
= SET_PERMS OK|
! g /test/secret|sec|
! g /test/secret|all|
d 0 WRITE /test/secret|a
= WRITE OK|
d 0 SET_PERMS /test/secret|r0|
= SET_PERMS OK|
! g /test/secret|sec|
! g /test/secret|all|
d 0 RM /test/secret|
= RM OK|
! g /test/secret|sec|
! g /test/secret|all|
d 0 WRITE /test/secret|b
= WRITE OK|
d 0 SET_PERMS /test|r0|
= SET_PERMS OK|
! g /test|sec|
! g /test|all|
d 0 WRITE /test/secret|c
= WRITE OK|
! g /test/secret|sec|
! g /test/secret|all|
d 0 RM /test/secret|
= RM OK|
! g /test/secret|sec|
! g /test/secret|all|
d 0 MKDIR /test/open/secret|
= MKDIR OK|
! g /test/open/secret|sec|
! g /test/open/secret|all|
d 0 SET_PERMS /test/open/secret|n0|
= SET_PERMS OK|
! g /test/open/secret|sec|
! g /test/open/secret|all|
d 0 WRITE /test/open/secret/x|1
= WRITE OK|
d 0 RM /test/open|
= RM OK|
! g /test/open|sec|
! g /test/open|all|
d 0 SET_PERMS /test|n0|
= SET_PERMS OK|
! g /test|sec|
! g /test|all|
g 0 UNWATCH /|all|
= UNWATCH OK|
g 0 UNWATCH /test|sec|
= UNWATCH OK|
g 0 WATCH @introduceDomain|in|
= WATCH OK|
! g @introduceDomain|in|
g 0 WATCH @releaseDomain|out|
= WATCH OK|
! g @releaseDomain|out|
g 0 WATCH @nothing|none|
= WATCH OK|
! g @nothing|none|
g 0 UNWATCH @introduceDomain|in|
= UNWATCH OK|
g 0 UNWATCH @introduceDomain|in|
= ERROR ENOENT|
d 0 WATCH @introduceDomain|in|
= WATCH OK|
! d @introduceDomain|in|
d 0 UNWATCH @introduceDomain|in|
= UNWATCH OK|
g 0 WATCH data/notyet|long{x*1000}|
= WATCH OK|
! g data/notyet|longxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|
g 0 UNWATCH data/notyet|long{x*1000}|
= UNWATCH OK|
g 0 RESET_WATCHES |
= RESET_WATCHES OK|
g 0 WRITE data/w|1
= WRITE OK|
! d /local/domain/3/data/w|dom0|
g 0 WATCH data|t1|
= WATCH OK|
! g data|t1|
g 0 RESET_WATCHES
= RESET_WATCHES OK|
g 0 WRITE data/w|2
= WRITE OK|
! d /local/domain/3/data/w|dom0|
d 0 UNWATCH /local/domain/$D/data|dom0|
= UNWATCH OK|
# Transactions.
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g >2 TRANSACTION_START |
= TRANSACTION_START TX
g 1 TRANSACTION_START |
= ERROR EBUSY|
d 0 WATCH /local/domain/$D/data|w|
= WATCH OK|
! d /local/domain/3/data|w|
g 0 WATCH data|w|
= WATCH OK|
! g data|w|
g 1 WRITE data/t/x|1
= WRITE OK|
g 1 WRITE data/t/x|2
= WRITE OK|
g 1 READ data/t/x|
= READ 2
g 0 READ data/t/x|
= ERROR ENOENT|
g 2 READ data/t/x|
= ERROR ENOENT|
d 0 READ /local/domain/$D/data/t/x|
= ERROR ENOENT|
g 1 DIRECTORY data/t|
= DIRECTORY x|
g 1 WATCH data|intx|
= WATCH OK|
! g data|intx|
g 1 TRANSACTION_END X|
= ERROR EINVAL|
g 1 TRANSACTION_END T|
! g data/t/x|w|
! g data/t/x|intx|
= TRANSACTION_END OK|
! d /local/domain/3/data/t/x|w|
g 0 READ data/t/x|
= READ 2
g 1 READ data/t/x|
= ERROR ENOENT|
g 2 READ data/t/x|
= ERROR ENOENT|
g 2 TRANSACTION_END T|
= ERROR EAGAIN|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
g 0 UNWATCH data|intx|
= UNWATCH OK|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g >2 TRANSACTION_START |
= TRANSACTION_START TX
g 1 WRITE data/t/a|1
= WRITE OK|
g 2 WRITE data/t/b|1
= WRITE OK|
g 1 TRANSACTION_END T|
! g data/t/a|w|
= TRANSACTION_END OK|
! d /local/domain/3/data/t/a|w|
g 2 TRANSACTION_END T|
= ERROR EAGAIN|
g 0 DIRECTORY data/t|
= DIRECTORY x|a|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
d >2 TRANSACTION_START |
= TRANSACTION_START TX
g 1 WRITE data/t/a|2
= WRITE OK|
d 2 WRITE /test/other|1
= WRITE OK|
d 2 TRANSACTION_END T|
= TRANSACTION_END OK|
g 1 TRANSACTION_END T|
! g data/t/a|w|
= TRANSACTION_END OK|
! d /local/domain/3/data/t/a|w|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g 1 READ data/t/a|
= READ 2
d 0 WRITE /local/domain/$D/data/t/a|3
! d /local/domain/3/data/t/a|w|
= WRITE OK|
! g data/t/a|w|
g 1 READ data/t/a|
= READ 2
g 1 TRANSACTION_END T|
= ERROR EAGAIN|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
d 0 WRITE /local/domain/$D/data/t/a|4
! d /local/domain/3/data/t/a|w|
= WRITE OK|
! g data/t/a|w|
g 1 READ data/t/a|
= READ 4
g 1 WRITE data/t/a|5
= WRITE OK|
g 1 TRANSACTION_END T|
! g data/t/a|w|
= TRANSACTION_END OK|
! d /local/domain/3/data/t/a|w|
g 0 READ data/t/a|
= READ 5
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g 1 READ data/t|
= READ 
d 0 WRITE /local/domain/$D/data/t/a|6
! d /local/domain/3/data/t/a|w|
= WRITE OK|
! g data/t/a|w|
g 1 WRITE data/u|5
= WRITE OK|
g 1 TRANSACTION_END T|
! g data/u|w|
= TRANSACTION_END OK|
! d /local/domain/3/data/u|w|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g 1 DIRECTORY data/t|
= DIRECTORY x|a|
d 0 WRITE /local/domain/$D/data/t/new|6
! d /local/domain/3/data/t/new|w|
= WRITE OK|
! g data/t/new|w|
g 1 TRANSACTION_END T|
= ERROR EAGAIN|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g 1 READ data/t/none|
= ERROR ENOENT|
d 0 WRITE /local/domain/$D/data/t/none|6
! d /local/domain/3/data/t/none|w|
= WRITE OK|
! g data/t/none|w|
g 1 READ data/t/none|
= ERROR ENOENT|
g 1 TRANSACTION_END T|
= ERROR EAGAIN|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g 1 RM data/t|
= RM OK|
g 1 READ data/t/a|
= ERROR ENOENT|
g 0 READ data/t/a|
= READ 6
g 1 DIRECTORY data|
= DIRECTORY a|e|@x|a_b-C9|w|u|
g 1 WRITE data/t/back|1
= WRITE OK|
g 1 TRANSACTION_END T|
! g data/t|w|
! g data/t/back|w|
= TRANSACTION_END OK|
! d /local/domain/3/data/t|w|
! d /local/domain/3/data/t/back|w|
g 0 DIRECTORY data/t|
= DIRECTORY back|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g 1 WRITE data/f|1
= WRITE OK|
g 1 SET_PERMS data/f|n$D|r0|
= SET_PERMS OK|
g 1 GET_PERMS data/f|
= GET_PERMS n3|r0|
g 1 TRANSACTION_END F|
= TRANSACTION_END OK|
g 0 READ data/f|
= ERROR ENOENT|
g 1 TRANSACTION_END F|
= ERROR ENOENT|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g 1 WRITE data/f|1
= WRITE OK|
g 1 RM data/f|
= RM OK|
g 1 TRANSACTION_END T|
= TRANSACTION_END OK|
g 0 READ data/f|
= ERROR ENOENT|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g 1 WRITE data/f|1
= WRITE OK|
g 1 RM data/f|
= RM OK|
g 1 WRITE data/f/g|1
= WRITE OK|
g 1 RM data/f/g|
= RM OK|
g 1 MKDIR data/f/h|
= MKDIR OK|
g 1 TRANSACTION_END T|
! g data/f|w|
! g data/f/h|w|
= TRANSACTION_END OK|
! d /local/domain/3/data/f|w|
! d /local/domain/3/data/f/h|w|
g 0 DIRECTORY data/f|
= DIRECTORY h|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g 1 SET_PERMS data/f|n$D|r0|
= SET_PERMS OK|
g 1 TRANSACTION_END T|
! g data/f|w|
= TRANSACTION_END OK|
! d /local/domain/3/data/f|w|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g 1 MKDIR data/f|
= MKDIR OK|
g 1 READ data/f|
= READ 
g 1 TRANSACTION_END T|
= TRANSACTION_END OK|
d 1 READ /test|
= ERROR ENOENT|
g >1 TRANSACTION_START
= TRANSACTION_START TX
g 1 TRANSACTION_END T|
= TRANSACTION_END OK|
g >1 TRANSACTION_START x|y|
= TRANSACTION_START TX
g 1 TRANSACTION_END T|
= TRANSACTION_END OK|
g 0 RESET_WATCHES |
= RESET_WATCHES OK|
g 1 READ data|
= ERROR ENOENT|
d 0 UNWATCH /local/domain/$D/data|w|
= UNWATCH OK|
# Quotas: the size of a node, and of the names in it.
g 0 WRITE data/s|{x*1900}
= WRITE OK|
g 0 WRITE data/s|{y*2000}
= WRITE OK|
g 0 WRITE data/s|{y*2008}
= WRITE OK|
g 0 WRITE data/s|{y*2014}
= WRITE OK|
g 0 WRITE data/s|{y*2015}
= WRITE OK|
g 0 WRITE data/s|{y*2016}
= ERROR ENOSPC|
g 0 WRITE data/s|{y*2017}
= ERROR ENOSPC|
g 0 WRITE data/s|{y*2024}
= ERROR ENOSPC|
g 0 WRITE data/s|{y*2047}
= ERROR ENOSPC|
g 0 WRITE data/s|{y*2048}
= ERROR ENOSPC|
g 0 WRITE data/s|{y*2100}
= ERROR ENOSPC|
g 0 WRITE data/s|{y*3000}
= ERROR ENOSPC|
g 0 WRITE data/s|{y*4000}
= ERROR ENOSPC|
g 0 READ data/s|
= READ yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy
g 0 SET_PERMS data/s|n$D|r0|
= ERROR ENOSPC|
g 0 WRITE data/s|{z*2007}
= WRITE OK|
g 0 WRITE data/s|{z*2008}
= WRITE OK|
g 0 WRITE data/s|
= WRITE OK|
d 0 WRITE /local/domain/$D/data/s|{x*3000}
= WRITE OK|
g 0 READ data/s|
= READ xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
g 0 WRITE data/s|{x*2500}
= ERROR ENOSPC|
g 0 WRITE data/s/below|1
= ERROR ENOSPC|
g 0 SET_PERMS data/s|n$D|
= ERROR ENOSPC|
g 0 WRITE data/s|
= WRITE OK|
g 0 RM data/s|
= RM OK|
g 0 MKDIR data/names/{n*240}0|
= MKDIR OK|
g 0 MKDIR data/names/{n*240}1|
= MKDIR OK|
g 0 MKDIR data/names/{n*240}2|
= MKDIR OK|
g 0 MKDIR data/names/{n*240}3|
= MKDIR OK|
g 0 MKDIR data/names/{n*240}4|
= MKDIR OK|
g 0 MKDIR data/names/{n*240}5|
= MKDIR OK|
g 0 MKDIR data/names/{n*240}6|
= MKDIR OK|
g 0 MKDIR data/names/{n*240}7|
= MKDIR OK|
g 0 MKDIR data/names/{n*240}8|
= ERROR ENOSPC|
g 0 MKDIR data/names/more|
= MKDIR OK|
g 0 DIRECTORY_PART data/names|0|
= DIRECTORY_PART GEN|nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn0|nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn1|nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn2|nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn3|nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn4|nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn5|nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn6|nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn7|more||
g 0 DIRECTORY_PART data/names|242|
= DIRECTORY_PART GEN|nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn1|nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn2|nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn3|nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn4|nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn5|nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn6|nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn7|more||
g 0 RM data/names|
= RM OK|
g 0 SET_PERMS data/a|n$D|r1|r2|r3|r4|
= SET_PERMS OK|
g 0 SET_PERMS data/a|n$D|r1|r2|r3|r4|r5|
= ERROR ENOSPC|
g 0 GET_PERMS data/a|
= GET_PERMS n3|r1|r2|r3|r4|
d 0 SET_PERMS /local/domain/$D/data/a|n$D|r0|r0|r0|r0|r0|r0|
= SET_PERMS OK|
d 0 GET_PERMS /local/domain/$D/data/a|
= GET_PERMS n3|r0|r0|r0|r0|r0|r0|
g 0 SET_PERMS data/a|n$D|
= SET_PERMS OK|
# Quotas: transactions, watches.
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g >2 TRANSACTION_START |
= TRANSACTION_START TX
g >3 TRANSACTION_START |
= TRANSACTION_START TX
g >4 TRANSACTION_START |
= TRANSACTION_START TX
g >5 TRANSACTION_START |
= TRANSACTION_START TX
g >6 TRANSACTION_START |
= TRANSACTION_START TX
g >7 TRANSACTION_START |
= TRANSACTION_START TX
g >8 TRANSACTION_START |
= TRANSACTION_START TX
g >9 TRANSACTION_START |
= TRANSACTION_START TX
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g >2 TRANSACTION_START |
= TRANSACTION_START TX
g >3 TRANSACTION_START |
= ERROR ENOSPC|
g 0 RESET_WATCHES |
= RESET_WATCHES OK|
g 0 WATCH data/a|q0|
= WATCH OK|
! g data/a|q0|
g 0 WATCH data/a|q1|
= WATCH OK|
! g data/a|q1|
g 0 WATCH data/a|q2|
= WATCH OK|
! g data/a|q2|
g 0 WATCH data/a|q3|
= WATCH OK|
! g data/a|q3|
g 0 WATCH data/a|q4|
= WATCH OK|
! g data/a|q4|
g 0 WATCH data/a|q5|
= WATCH OK|
! g data/a|q5|
g 0 WATCH data/a|q6|
= WATCH OK|
! g data/a|q6|
g 0 WATCH data/a|q7|
= WATCH OK|
! g data/a|q7|
g 0 WATCH data/a|q8|
= WATCH OK|
! g data/a|q8|
g 0 WATCH data/a|q9|
= WATCH OK|
! g data/a|q9|
g 0 WATCH data/a|q10|
= WATCH OK|
! g data/a|q10|
g 0 WATCH data/a|q11|
= WATCH OK|
! g data/a|q11|
g 0 WATCH data/a|q12|
= WATCH OK|
! g data/a|q12|
g 0 WATCH data/a|q13|
= WATCH OK|
! g data/a|q13|
g 0 WATCH data/a|q14|
= WATCH OK|
! g data/a|q14|
g 0 WATCH data/a|q15|
= WATCH OK|
! g data/a|q15|
g 0 WATCH data/a|q16|
= WATCH OK|
! g data/a|q16|
g 0 WATCH data/a|q17|
= WATCH OK|
! g data/a|q17|
g 0 WATCH data/a|q18|
= WATCH OK|
! g data/a|q18|
g 0 WATCH data/a|q19|
= WATCH OK|
! g data/a|q19|
g 0 WATCH data/a|q20|
= WATCH OK|
! g data/a|q20|
g 0 WATCH data/a|q21|
= WATCH OK|
! g data/a|q21|
g 0 WATCH data/a|q22|
= WATCH OK|
! g data/a|q22|
g 0 WATCH data/a|q23|
= WATCH OK|
! g data/a|q23|
g 0 WATCH data/a|q24|
= WATCH OK|
! g data/a|q24|
g 0 WATCH data/a|q25|
= WATCH OK|
! g data/a|q25|
g 0 WATCH data/a|q26|
= WATCH OK|
! g data/a|q26|
g 0 WATCH data/a|q27|
= WATCH OK|
! g data/a|q27|
g 0 WATCH data/a|q28|
= WATCH OK|
! g data/a|q28|
g 0 WATCH data/a|q29|
= WATCH OK|
! g data/a|q29|
g 0 WATCH data/a|q30|
= WATCH OK|
! g data/a|q30|
g 0 WATCH data/a|q31|
= WATCH OK|
! g data/a|q31|
g 0 WATCH data/a|q32|
= WATCH OK|
! g data/a|q32|
g 0 WATCH data/a|q33|
= WATCH OK|
! g data/a|q33|
g 0 WATCH data/a|q34|
= WATCH OK|
! g data/a|q34|
g 0 WATCH data/a|q35|
= WATCH OK|
! g data/a|q35|
g 0 WATCH data/a|q36|
= WATCH OK|
! g data/a|q36|
g 0 WATCH data/a|q37|
= WATCH OK|
! g data/a|q37|
g 0 WATCH data/a|q38|
= WATCH OK|
! g data/a|q38|
g 0 WATCH data/a|q39|
= WATCH OK|
! g data/a|q39|
g 0 WATCH data/a|q40|
= WATCH OK|
! g data/a|q40|
g 0 WATCH data/a|q41|
= WATCH OK|
! g data/a|q41|
g 0 WATCH data/a|q42|
= WATCH OK|
! g data/a|q42|
g 0 WATCH data/a|q43|
= WATCH OK|
! g data/a|q43|
g 0 WATCH data/a|q44|
= WATCH OK|
! g data/a|q44|
g 0 WATCH data/a|q45|
= WATCH OK|
! g data/a|q45|
g 0 WATCH data/a|q46|
= WATCH OK|
! g data/a|q46|
g 0 WATCH data/a|q47|
= WATCH OK|
! g data/a|q47|
g 0 WATCH data/a|q48|
= WATCH OK|
! g data/a|q48|
g 0 WATCH data/a|q49|
= WATCH OK|
! g data/a|q49|
g 0 WATCH data/a|q50|
= WATCH OK|
! g data/a|q50|
g 0 WATCH data/a|q51|
= WATCH OK|
! g data/a|q51|
g 0 WATCH data/a|q52|
= WATCH OK|
! g data/a|q52|
g 0 WATCH data/a|q53|
= WATCH OK|
! g data/a|q53|
g 0 WATCH data/a|q54|
= WATCH OK|
! g data/a|q54|
g 0 WATCH data/a|q55|
= WATCH OK|
! g data/a|q55|
g 0 WATCH data/a|q56|
= WATCH OK|
! g data/a|q56|
g 0 WATCH data/a|q57|
= WATCH OK|
! g data/a|q57|
g 0 WATCH data/a|q58|
= WATCH OK|
! g data/a|q58|
g 0 WATCH data/a|q59|
= WATCH OK|
! g data/a|q59|
g 0 WATCH data/a|q60|
= WATCH OK|
! g data/a|q60|
g 0 WATCH data/a|q61|
= WATCH OK|
! g data/a|q61|
g 0 WATCH data/a|q62|
= WATCH OK|
! g data/a|q62|
g 0 WATCH data/a|q63|
= WATCH OK|
! g data/a|q63|
g 0 WATCH data/a|q64|
= WATCH OK|
! g data/a|q64|
g 0 WATCH data/a|q65|
= WATCH OK|
! g data/a|q65|
g 0 WATCH data/a|q66|
= WATCH OK|
! g data/a|q66|
g 0 WATCH data/a|q67|
= WATCH OK|
! g data/a|q67|
g 0 WATCH data/a|q68|
= WATCH OK|
! g data/a|q68|
g 0 WATCH data/a|q69|
= WATCH OK|
! g data/a|q69|
g 0 WATCH data/a|q70|
= WATCH OK|
! g data/a|q70|
g 0 WATCH data/a|q71|
= WATCH OK|
! g data/a|q71|
g 0 WATCH data/a|q72|
= WATCH OK|
! g data/a|q72|
g 0 WATCH data/a|q73|
= WATCH OK|
! g data/a|q73|
g 0 WATCH data/a|q74|
= WATCH OK|
! g data/a|q74|
g 0 WATCH data/a|q75|
= WATCH OK|
! g data/a|q75|
g 0 WATCH data/a|q76|
= WATCH OK|
! g data/a|q76|
g 0 WATCH data/a|q77|
= WATCH OK|
! g data/a|q77|
g 0 WATCH data/a|q78|
= WATCH OK|
! g data/a|q78|
g 0 WATCH data/a|q79|
= WATCH OK|
! g data/a|q79|
g 0 WATCH data/a|q80|
= WATCH OK|
! g data/a|q80|
g 0 WATCH data/a|q81|
= WATCH OK|
! g data/a|q81|
g 0 WATCH data/a|q82|
= WATCH OK|
! g data/a|q82|
g 0 WATCH data/a|q83|
= WATCH OK|
! g data/a|q83|
g 0 WATCH data/a|q84|
= WATCH OK|
! g data/a|q84|
g 0 WATCH data/a|q85|
= WATCH OK|
! g data/a|q85|
g 0 WATCH data/a|q86|
= WATCH OK|
! g data/a|q86|
g 0 WATCH data/a|q87|
= WATCH OK|
! g data/a|q87|
g 0 WATCH data/a|q88|
= WATCH OK|
! g data/a|q88|
g 0 WATCH data/a|q89|
= WATCH OK|
! g data/a|q89|
g 0 WATCH data/a|q90|
= WATCH OK|
! g data/a|q90|
g 0 WATCH data/a|q91|
= WATCH OK|
! g data/a|q91|
g 0 WATCH data/a|q92|
= WATCH OK|
! g data/a|q92|
g 0 WATCH data/a|q93|
= WATCH OK|
! g data/a|q93|
g 0 WATCH data/a|q94|
= WATCH OK|
! g data/a|q94|
g 0 WATCH data/a|q95|
= WATCH OK|
! g data/a|q95|
g 0 WATCH data/a|q96|
= WATCH OK|
! g data/a|q96|
g 0 WATCH data/a|q97|
= WATCH OK|
! g data/a|q97|
g 0 WATCH data/a|q98|
= WATCH OK|
! g data/a|q98|
g 0 WATCH data/a|q99|
= WATCH OK|
! g data/a|q99|
g 0 WATCH data/a|q100|
= WATCH OK|
! g data/a|q100|
g 0 WATCH data/a|q101|
= WATCH OK|
! g data/a|q101|
g 0 WATCH data/a|q102|
= WATCH OK|
! g data/a|q102|
g 0 WATCH data/a|q103|
= WATCH OK|
! g data/a|q103|
g 0 WATCH data/a|q104|
= WATCH OK|
! g data/a|q104|
g 0 WATCH data/a|q105|
= WATCH OK|
! g data/a|q105|
g 0 WATCH data/a|q106|
= WATCH OK|
! g data/a|q106|
g 0 WATCH data/a|q107|
= WATCH OK|
! g data/a|q107|
g 0 WATCH data/a|q108|
= WATCH OK|
! g data/a|q108|
g 0 WATCH data/a|q109|
= WATCH OK|
! g data/a|q109|
g 0 WATCH data/a|q110|
= WATCH OK|
! g data/a|q110|
g 0 WATCH data/a|q111|
= WATCH OK|
! g data/a|q111|
g 0 WATCH data/a|q112|
= WATCH OK|
! g data/a|q112|
g 0 WATCH data/a|q113|
= WATCH OK|
! g data/a|q113|
g 0 WATCH data/a|q114|
= WATCH OK|
! g data/a|q114|
g 0 WATCH data/a|q115|
= WATCH OK|
! g data/a|q115|
g 0 WATCH data/a|q116|
= WATCH OK|
! g data/a|q116|
g 0 WATCH data/a|q117|
= WATCH OK|
! g data/a|q117|
g 0 WATCH data/a|q118|
= WATCH OK|
! g data/a|q118|
g 0 WATCH data/a|q119|
= WATCH OK|
! g data/a|q119|
g 0 WATCH data/a|q120|
= WATCH OK|
! g data/a|q120|
g 0 WATCH data/a|q121|
= WATCH OK|
! g data/a|q121|
g 0 WATCH data/a|q122|
= WATCH OK|
! g data/a|q122|
g 0 WATCH data/a|q123|
= WATCH OK|
! g data/a|q123|
g 0 WATCH data/a|q124|
= WATCH OK|
! g data/a|q124|
g 0 WATCH data/a|q125|
= WATCH OK|
! g data/a|q125|
g 0 WATCH data/a|q126|
= WATCH OK|
! g data/a|q126|
g 0 WATCH data/a|q127|
= WATCH OK|
! g data/a|q127|
g 0 WATCH data/a|q128|
= WATCH OK|
! g data/a|q128|
g 0 WATCH data/a|q129|
= ERROR E2BIG|
g 0 RESET_WATCHES |
= RESET_WATCHES OK|
g 0 RM data/t|
= RM OK|
g 0 RM data/u|
= RM OK|
g 0 RM data/f|
= RM OK|
g 0 RM data/w|
= RM OK|
g 0 RM data/e|
= RM OK|
# Quotas: nodes. The guest has three, and data/a.
g 0 RM data|
= RM OK|
d 0 MKDIR /local/domain/$D/data|
= MKDIR OK|
d 0 SET_PERMS /local/domain/$D/data|n$D|
= SET_PERMS OK|
g 0 MKDIR data/0/0|
= MKDIR OK|
g 0 MKDIR data/0/1|
= MKDIR OK|
g 0 MKDIR data/0/2|
= MKDIR OK|
g 0 MKDIR data/0/3|
= MKDIR OK|
g 0 MKDIR data/0/4|
= MKDIR OK|
g 0 MKDIR data/0/5|
= MKDIR OK|
g 0 MKDIR data/0/6|
= MKDIR OK|
g 0 MKDIR data/0/7|
= MKDIR OK|
g 0 MKDIR data/0/8|
= MKDIR OK|
g 0 MKDIR data/0/9|
= MKDIR OK|
g 0 MKDIR data/0/10|
= MKDIR OK|
g 0 MKDIR data/0/11|
= MKDIR OK|
g 0 MKDIR data/0/12|
= MKDIR OK|
g 0 MKDIR data/0/13|
= MKDIR OK|
g 0 MKDIR data/0/14|
= MKDIR OK|
g 0 MKDIR data/0/15|
= MKDIR OK|
g 0 MKDIR data/0/16|
= MKDIR OK|
g 0 MKDIR data/0/17|
= MKDIR OK|
g 0 MKDIR data/0/18|
= MKDIR OK|
g 0 MKDIR data/0/19|
= MKDIR OK|
g 0 MKDIR data/0/20|
= MKDIR OK|
g 0 MKDIR data/0/21|
= MKDIR OK|
g 0 MKDIR data/0/22|
= MKDIR OK|
g 0 MKDIR data/0/23|
= MKDIR OK|
g 0 MKDIR data/0/24|
= MKDIR OK|
g 0 MKDIR data/0/25|
= MKDIR OK|
g 0 MKDIR data/0/26|
= MKDIR OK|
g 0 MKDIR data/0/27|
= MKDIR OK|
g 0 MKDIR data/0/28|
= MKDIR OK|
g 0 MKDIR data/0/29|
= MKDIR OK|
g 0 MKDIR data/0/30|
= MKDIR OK|
g 0 MKDIR data/0/31|
= MKDIR OK|
g 0 MKDIR data/0/32|
= MKDIR OK|
g 0 MKDIR data/0/33|
= MKDIR OK|
g 0 MKDIR data/0/34|
= MKDIR OK|
g 0 MKDIR data/0/35|
= MKDIR OK|
g 0 MKDIR data/0/36|
= MKDIR OK|
g 0 MKDIR data/0/37|
= MKDIR OK|
g 0 MKDIR data/0/38|
= MKDIR OK|
g 0 MKDIR data/0/39|
= MKDIR OK|
g 0 MKDIR data/0/40|
= MKDIR OK|
g 0 MKDIR data/0/41|
= MKDIR OK|
g 0 MKDIR data/0/42|
= MKDIR OK|
g 0 MKDIR data/0/43|
= MKDIR OK|
g 0 MKDIR data/0/44|
= MKDIR OK|
g 0 MKDIR data/0/45|
= MKDIR OK|
g 0 MKDIR data/0/46|
= MKDIR OK|
g 0 MKDIR data/0/47|
= MKDIR OK|
g 0 MKDIR data/0/48|
= MKDIR OK|
g 0 MKDIR data/0/49|
= MKDIR OK|
g 0 MKDIR data/0/50|
= MKDIR OK|
g 0 MKDIR data/0/51|
= MKDIR OK|
g 0 MKDIR data/0/52|
= MKDIR OK|
g 0 MKDIR data/0/53|
= MKDIR OK|
g 0 MKDIR data/0/54|
= MKDIR OK|
g 0 MKDIR data/0/55|
= MKDIR OK|
g 0 MKDIR data/0/56|
= MKDIR OK|
g 0 MKDIR data/0/57|
= MKDIR OK|
g 0 MKDIR data/0/58|
= MKDIR OK|
g 0 MKDIR data/0/59|
= MKDIR OK|
g 0 MKDIR data/0/60|
= MKDIR OK|
g 0 MKDIR data/0/61|
= MKDIR OK|
g 0 MKDIR data/0/62|
= MKDIR OK|
g 0 MKDIR data/0/63|
= MKDIR OK|
g 0 MKDIR data/0/64|
= MKDIR OK|
g 0 MKDIR data/0/65|
= MKDIR OK|
g 0 MKDIR data/0/66|
= MKDIR OK|
g 0 MKDIR data/0/67|
= MKDIR OK|
g 0 MKDIR data/0/68|
= MKDIR OK|
g 0 MKDIR data/0/69|
= MKDIR OK|
g 0 MKDIR data/0/70|
= MKDIR OK|
g 0 MKDIR data/0/71|
= MKDIR OK|
g 0 MKDIR data/0/72|
= MKDIR OK|
g 0 MKDIR data/0/73|
= MKDIR OK|
g 0 MKDIR data/0/74|
= MKDIR OK|
g 0 MKDIR data/0/75|
= MKDIR OK|
g 0 MKDIR data/0/76|
= MKDIR OK|
g 0 MKDIR data/0/77|
= MKDIR OK|
g 0 MKDIR data/0/78|
= MKDIR OK|
g 0 MKDIR data/0/79|
= MKDIR OK|
g 0 MKDIR data/0/80|
= MKDIR OK|
g 0 MKDIR data/0/81|
= MKDIR OK|
g 0 MKDIR data/0/82|
= MKDIR OK|
g 0 MKDIR data/0/83|
= MKDIR OK|
g 0 MKDIR data/0/84|
= MKDIR OK|
g 0 MKDIR data/0/85|
= MKDIR OK|
g 0 MKDIR data/0/86|
= MKDIR OK|
g 0 MKDIR data/0/87|
= MKDIR OK|
g 0 MKDIR data/0/88|
= MKDIR OK|
g 0 MKDIR data/0/89|
= MKDIR OK|
g 0 MKDIR data/0/90|
= MKDIR OK|
g 0 MKDIR data/0/91|
= MKDIR OK|
g 0 MKDIR data/0/92|
= MKDIR OK|
g 0 MKDIR data/0/93|
= MKDIR OK|
g 0 MKDIR data/0/94|
= MKDIR OK|
g 0 MKDIR data/0/95|
= MKDIR OK|
g 0 MKDIR data/0/96|
= MKDIR OK|
g 0 MKDIR data/1/0|
= MKDIR OK|
g 0 MKDIR data/1/1|
= MKDIR OK|
g 0 MKDIR data/1/2|
= MKDIR OK|
g 0 MKDIR data/1/3|
= MKDIR OK|
g 0 MKDIR data/1/4|
= MKDIR OK|
g 0 MKDIR data/1/5|
= MKDIR OK|
g 0 MKDIR data/1/6|
= MKDIR OK|
g 0 MKDIR data/1/7|
= MKDIR OK|
g 0 MKDIR data/1/8|
= MKDIR OK|
g 0 MKDIR data/1/9|
= MKDIR OK|
g 0 MKDIR data/1/10|
= MKDIR OK|
g 0 MKDIR data/1/11|
= MKDIR OK|
g 0 MKDIR data/1/12|
= MKDIR OK|
g 0 MKDIR data/1/13|
= MKDIR OK|
g 0 MKDIR data/1/14|
= MKDIR OK|
g 0 MKDIR data/1/15|
= MKDIR OK|
g 0 MKDIR data/1/16|
= MKDIR OK|
g 0 MKDIR data/1/17|
= MKDIR OK|
g 0 MKDIR data/1/18|
= MKDIR OK|
g 0 MKDIR data/1/19|
= MKDIR OK|
g 0 MKDIR data/1/20|
= MKDIR OK|
g 0 MKDIR data/1/21|
= MKDIR OK|
g 0 MKDIR data/1/22|
= MKDIR OK|
g 0 MKDIR data/1/23|
= MKDIR OK|
g 0 MKDIR data/1/24|
= MKDIR OK|
g 0 MKDIR data/1/25|
= MKDIR OK|
g 0 MKDIR data/1/26|
= MKDIR OK|
g 0 MKDIR data/1/27|
= MKDIR OK|
g 0 MKDIR data/1/28|
= MKDIR OK|
g 0 MKDIR data/1/29|
= MKDIR OK|
g 0 MKDIR data/1/30|
= MKDIR OK|
g 0 MKDIR data/1/31|
= MKDIR OK|
g 0 MKDIR data/1/32|
= MKDIR OK|
g 0 MKDIR data/1/33|
= MKDIR OK|
g 0 MKDIR data/1/34|
= MKDIR OK|
g 0 MKDIR data/1/35|
= MKDIR OK|
g 0 MKDIR data/1/36|
= MKDIR OK|
g 0 MKDIR data/1/37|
= MKDIR OK|
g 0 MKDIR data/1/38|
= MKDIR OK|
g 0 MKDIR data/1/39|
= MKDIR OK|
g 0 MKDIR data/1/40|
= MKDIR OK|
g 0 MKDIR data/1/41|
= MKDIR OK|
g 0 MKDIR data/1/42|
= MKDIR OK|
g 0 MKDIR data/1/43|
= MKDIR OK|
g 0 MKDIR data/1/44|
= MKDIR OK|
g 0 MKDIR data/1/45|
= MKDIR OK|
g 0 MKDIR data/1/46|
= MKDIR OK|
g 0 MKDIR data/1/47|
= MKDIR OK|
g 0 MKDIR data/1/48|
= MKDIR OK|
g 0 MKDIR data/1/49|
= MKDIR OK|
g 0 MKDIR data/1/50|
= MKDIR OK|
g 0 MKDIR data/1/51|
= MKDIR OK|
g 0 MKDIR data/1/52|
= MKDIR OK|
g 0 MKDIR data/1/53|
= MKDIR OK|
g 0 MKDIR data/1/54|
= MKDIR OK|
g 0 MKDIR data/1/55|
= MKDIR OK|
g 0 MKDIR data/1/56|
= MKDIR OK|
g 0 MKDIR data/1/57|
= MKDIR OK|
g 0 MKDIR data/1/58|
= MKDIR OK|
g 0 MKDIR data/1/59|
= MKDIR OK|
g 0 MKDIR data/1/60|
= MKDIR OK|
g 0 MKDIR data/1/61|
= MKDIR OK|
g 0 MKDIR data/1/62|
= MKDIR OK|
g 0 MKDIR data/1/63|
= MKDIR OK|
g 0 MKDIR data/1/64|
= MKDIR OK|
g 0 MKDIR data/1/65|
= MKDIR OK|
g 0 MKDIR data/1/66|
= MKDIR OK|
g 0 MKDIR data/1/67|
= MKDIR OK|
g 0 MKDIR data/1/68|
= MKDIR OK|
g 0 MKDIR data/1/69|
= MKDIR OK|
g 0 MKDIR data/1/70|
= MKDIR OK|
g 0 MKDIR data/1/71|
= MKDIR OK|
g 0 MKDIR data/1/72|
= MKDIR OK|
g 0 MKDIR data/1/73|
= MKDIR OK|
g 0 MKDIR data/1/74|
= MKDIR OK|
g 0 MKDIR data/1/75|
= MKDIR OK|
g 0 MKDIR data/1/76|
= MKDIR OK|
g 0 MKDIR data/1/77|
= MKDIR OK|
g 0 MKDIR data/1/78|
= MKDIR OK|
g 0 MKDIR data/1/79|
= MKDIR OK|
g 0 MKDIR data/1/80|
= MKDIR OK|
g 0 MKDIR data/1/81|
= MKDIR OK|
g 0 MKDIR data/1/82|
= MKDIR OK|
g 0 MKDIR data/1/83|
= MKDIR OK|
g 0 MKDIR data/1/84|
= MKDIR OK|
g 0 MKDIR data/1/85|
= MKDIR OK|
g 0 MKDIR data/1/86|
= MKDIR OK|
g 0 MKDIR data/1/87|
= MKDIR OK|
g 0 MKDIR data/1/88|
= MKDIR OK|
g 0 MKDIR data/1/89|
= MKDIR OK|
g 0 MKDIR data/1/90|
= MKDIR OK|
g 0 MKDIR data/1/91|
= MKDIR OK|
g 0 MKDIR data/1/92|
= MKDIR OK|
g 0 MKDIR data/1/93|
= MKDIR OK|
g 0 MKDIR data/1/94|
= MKDIR OK|
g 0 MKDIR data/1/95|
= MKDIR OK|
g 0 MKDIR data/1/96|
= MKDIR OK|
g 0 MKDIR data/1/97|
= MKDIR OK|
g 0 MKDIR data/1/98|
= MKDIR OK|
g 0 MKDIR data/2/0|
= MKDIR OK|
g 0 MKDIR data/2/1|
= MKDIR OK|
g 0 MKDIR data/2/2|
= MKDIR OK|
g 0 MKDIR data/2/3|
= MKDIR OK|
g 0 MKDIR data/2/4|
= MKDIR OK|
g 0 MKDIR data/2/5|
= MKDIR OK|
g 0 MKDIR data/2/6|
= MKDIR OK|
g 0 MKDIR data/2/7|
= MKDIR OK|
g 0 MKDIR data/2/8|
= MKDIR OK|
g 0 MKDIR data/2/9|
= MKDIR OK|
g 0 MKDIR data/2/10|
= MKDIR OK|
g 0 MKDIR data/2/11|
= MKDIR OK|
g 0 MKDIR data/2/12|
= MKDIR OK|
g 0 MKDIR data/2/13|
= MKDIR OK|
g 0 MKDIR data/2/14|
= MKDIR OK|
g 0 MKDIR data/2/15|
= MKDIR OK|
g 0 MKDIR data/2/16|
= MKDIR OK|
g 0 MKDIR data/2/17|
= MKDIR OK|
g 0 MKDIR data/2/18|
= MKDIR OK|
g 0 MKDIR data/2/19|
= MKDIR OK|
g 0 MKDIR data/2/20|
= MKDIR OK|
g 0 MKDIR data/2/21|
= MKDIR OK|
g 0 MKDIR data/2/22|
= MKDIR OK|
g 0 MKDIR data/2/23|
= MKDIR OK|
g 0 MKDIR data/2/24|
= MKDIR OK|
g 0 MKDIR data/2/25|
= MKDIR OK|
g 0 MKDIR data/2/26|
= MKDIR OK|
g 0 MKDIR data/2/27|
= MKDIR OK|
g 0 MKDIR data/2/28|
= MKDIR OK|
g 0 MKDIR data/2/29|
= MKDIR OK|
g 0 MKDIR data/2/30|
= MKDIR OK|
g 0 MKDIR data/2/31|
= MKDIR OK|
g 0 MKDIR data/2/32|
= MKDIR OK|
g 0 MKDIR data/2/33|
= MKDIR OK|
g 0 MKDIR data/2/34|
= MKDIR OK|
g 0 MKDIR data/2/35|
= MKDIR OK|
g 0 MKDIR data/2/36|
= MKDIR OK|
g 0 MKDIR data/2/37|
= MKDIR OK|
g 0 MKDIR data/2/38|
= MKDIR OK|
g 0 MKDIR data/2/39|
= MKDIR OK|
g 0 MKDIR data/2/40|
= MKDIR OK|
g 0 MKDIR data/2/41|
= MKDIR OK|
g 0 MKDIR data/2/42|
= MKDIR OK|
g 0 MKDIR data/2/43|
= MKDIR OK|
g 0 MKDIR data/2/44|
= MKDIR OK|
g 0 MKDIR data/2/45|
= MKDIR OK|
g 0 MKDIR data/2/46|
= MKDIR OK|
g 0 MKDIR data/2/47|
= MKDIR OK|
g 0 MKDIR data/2/48|
= MKDIR OK|
g 0 MKDIR data/2/49|
= MKDIR OK|
g 0 MKDIR data/2/50|
= MKDIR OK|
g 0 MKDIR data/2/51|
= MKDIR OK|
g 0 MKDIR data/2/52|
= MKDIR OK|
g 0 MKDIR data/2/53|
= MKDIR OK|
g 0 MKDIR data/2/54|
= MKDIR OK|
g 0 MKDIR data/2/55|
= MKDIR OK|
g 0 MKDIR data/2/56|
= MKDIR OK|
g 0 MKDIR data/2/57|
= MKDIR OK|
g 0 MKDIR data/2/58|
= MKDIR OK|
g 0 MKDIR data/2/59|
= MKDIR OK|
g 0 MKDIR data/2/60|
= MKDIR OK|
g 0 MKDIR data/2/61|
= MKDIR OK|
g 0 MKDIR data/2/62|
= MKDIR OK|
g 0 MKDIR data/2/63|
= MKDIR OK|
g 0 MKDIR data/2/64|
= MKDIR OK|
g 0 MKDIR data/2/65|
= MKDIR OK|
g 0 MKDIR data/2/66|
= MKDIR OK|
g 0 MKDIR data/2/67|
= MKDIR OK|
g 0 MKDIR data/2/68|
= MKDIR OK|
g 0 MKDIR data/2/69|
= MKDIR OK|
g 0 MKDIR data/2/70|
= MKDIR OK|
g 0 MKDIR data/2/71|
= MKDIR OK|
g 0 MKDIR data/2/72|
= MKDIR OK|
g 0 MKDIR data/2/73|
= MKDIR OK|
g 0 MKDIR data/2/74|
= MKDIR OK|
g 0 MKDIR data/2/75|
= MKDIR OK|
g 0 MKDIR data/2/76|
= MKDIR OK|
g 0 MKDIR data/2/77|
= MKDIR OK|
g 0 MKDIR data/2/78|
= MKDIR OK|
g 0 MKDIR data/2/79|
= MKDIR OK|
g 0 MKDIR data/2/80|
= MKDIR OK|
g 0 MKDIR data/2/81|
= MKDIR OK|
g 0 MKDIR data/2/82|
= MKDIR OK|
g 0 MKDIR data/2/83|
= MKDIR OK|
g 0 MKDIR data/2/84|
= MKDIR OK|
g 0 MKDIR data/2/85|
= MKDIR OK|
g 0 MKDIR data/2/86|
= MKDIR OK|
g 0 MKDIR data/2/87|
= MKDIR OK|
g 0 MKDIR data/2/88|
= MKDIR OK|
g 0 MKDIR data/2/89|
= MKDIR OK|
g 0 MKDIR data/2/90|
= MKDIR OK|
g 0 MKDIR data/2/91|
= MKDIR OK|
g 0 MKDIR data/2/92|
= MKDIR OK|
g 0 MKDIR data/2/93|
= MKDIR OK|
g 0 MKDIR data/2/94|
= MKDIR OK|
g 0 MKDIR data/2/95|
= MKDIR OK|
g 0 MKDIR data/2/96|
= MKDIR OK|
g 0 MKDIR data/2/97|
= MKDIR OK|
g 0 MKDIR data/2/98|
= MKDIR OK|
g 0 MKDIR data/3/0|
= MKDIR OK|
g 0 MKDIR data/3/1|
= MKDIR OK|
g 0 MKDIR data/3/2|
= MKDIR OK|
g 0 MKDIR data/3/3|
= MKDIR OK|
g 0 MKDIR data/3/4|
= MKDIR OK|
g 0 MKDIR data/3/5|
= MKDIR OK|
g 0 MKDIR data/3/6|
= MKDIR OK|
g 0 MKDIR data/3/7|
= MKDIR OK|
g 0 MKDIR data/3/8|
= MKDIR OK|
g 0 MKDIR data/3/9|
= MKDIR OK|
g 0 MKDIR data/3/10|
= MKDIR OK|
g 0 MKDIR data/3/11|
= MKDIR OK|
g 0 MKDIR data/3/12|
= MKDIR OK|
g 0 MKDIR data/3/13|
= MKDIR OK|
g 0 MKDIR data/3/14|
= MKDIR OK|
g 0 MKDIR data/3/15|
= MKDIR OK|
g 0 MKDIR data/3/16|
= MKDIR OK|
g 0 MKDIR data/3/17|
= MKDIR OK|
g 0 MKDIR data/3/18|
= MKDIR OK|
g 0 MKDIR data/3/19|
= MKDIR OK|
g 0 MKDIR data/3/20|
= MKDIR OK|
g 0 MKDIR data/3/21|
= MKDIR OK|
g 0 MKDIR data/3/22|
= MKDIR OK|
g 0 MKDIR data/3/23|
= MKDIR OK|
g 0 MKDIR data/3/24|
= MKDIR OK|
g 0 MKDIR data/3/25|
= MKDIR OK|
g 0 MKDIR data/3/26|
= MKDIR OK|
g 0 MKDIR data/3/27|
= MKDIR OK|
g 0 MKDIR data/3/28|
= MKDIR OK|
g 0 MKDIR data/3/29|
= MKDIR OK|
g 0 MKDIR data/3/30|
= MKDIR OK|
g 0 MKDIR data/3/31|
= MKDIR OK|
g 0 MKDIR data/3/32|
= MKDIR OK|
g 0 MKDIR data/3/33|
= MKDIR OK|
g 0 MKDIR data/3/34|
= MKDIR OK|
g 0 MKDIR data/3/35|
= MKDIR OK|
g 0 MKDIR data/3/36|
= MKDIR OK|
g 0 MKDIR data/3/37|
= MKDIR OK|
g 0 MKDIR data/3/38|
= MKDIR OK|
g 0 MKDIR data/3/39|
= MKDIR OK|
g 0 MKDIR data/3/40|
= MKDIR OK|
g 0 MKDIR data/3/41|
= MKDIR OK|
g 0 MKDIR data/3/42|
= MKDIR OK|
g 0 MKDIR data/3/43|
= MKDIR OK|
g 0 MKDIR data/3/44|
= MKDIR OK|
g 0 MKDIR data/3/45|
= MKDIR OK|
g 0 MKDIR data/3/46|
= MKDIR OK|
g 0 MKDIR data/3/47|
= MKDIR OK|
g 0 MKDIR data/3/48|
= MKDIR OK|
g 0 MKDIR data/3/49|
= MKDIR OK|
g 0 MKDIR data/3/50|
= MKDIR OK|
g 0 MKDIR data/3/51|
= MKDIR OK|
g 0 MKDIR data/3/52|
= MKDIR OK|
g 0 MKDIR data/3/53|
= MKDIR OK|
g 0 MKDIR data/3/54|
= MKDIR OK|
g 0 MKDIR data/3/55|
= MKDIR OK|
g 0 MKDIR data/3/56|
= MKDIR OK|
g 0 MKDIR data/3/57|
= MKDIR OK|
g 0 MKDIR data/3/58|
= MKDIR OK|
g 0 MKDIR data/3/59|
= MKDIR OK|
g 0 MKDIR data/3/60|
= MKDIR OK|
g 0 MKDIR data/3/61|
= MKDIR OK|
g 0 MKDIR data/3/62|
= MKDIR OK|
g 0 MKDIR data/3/63|
= MKDIR OK|
g 0 MKDIR data/3/64|
= MKDIR OK|
g 0 MKDIR data/3/65|
= MKDIR OK|
g 0 MKDIR data/3/66|
= MKDIR OK|
g 0 MKDIR data/3/67|
= MKDIR OK|
g 0 MKDIR data/3/68|
= MKDIR OK|
g 0 MKDIR data/3/69|
= MKDIR OK|
g 0 MKDIR data/3/70|
= MKDIR OK|
g 0 MKDIR data/3/71|
= MKDIR OK|
g 0 MKDIR data/3/72|
= MKDIR OK|
g 0 MKDIR data/3/73|
= MKDIR OK|
g 0 MKDIR data/3/74|
= MKDIR OK|
g 0 MKDIR data/3/75|
= MKDIR OK|
g 0 MKDIR data/3/76|
= MKDIR OK|
g 0 MKDIR data/3/77|
= MKDIR OK|
g 0 MKDIR data/3/78|
= MKDIR OK|
g 0 MKDIR data/3/79|
= MKDIR OK|
g 0 MKDIR data/3/80|
= MKDIR OK|
g 0 MKDIR data/3/81|
= MKDIR OK|
g 0 MKDIR data/3/82|
= MKDIR OK|
g 0 MKDIR data/3/83|
= MKDIR OK|
g 0 MKDIR data/3/84|
= MKDIR OK|
g 0 MKDIR data/3/85|
= MKDIR OK|
g 0 MKDIR data/3/86|
= MKDIR OK|
g 0 MKDIR data/3/87|
= MKDIR OK|
g 0 MKDIR data/3/88|
= MKDIR OK|
g 0 MKDIR data/3/89|
= MKDIR OK|
g 0 MKDIR data/3/90|
= MKDIR OK|
g 0 MKDIR data/3/91|
= MKDIR OK|
g 0 MKDIR data/3/92|
= MKDIR OK|
g 0 MKDIR data/3/93|
= MKDIR OK|
g 0 MKDIR data/3/94|
= MKDIR OK|
g 0 MKDIR data/3/95|
= MKDIR OK|
g 0 MKDIR data/3/96|
= MKDIR OK|
g 0 MKDIR data/3/97|
= MKDIR OK|
g 0 MKDIR data/3/98|
= MKDIR OK|
g 0 MKDIR data/4/0|
= MKDIR OK|
g 0 MKDIR data/4/1|
= MKDIR OK|
g 0 MKDIR data/4/2|
= MKDIR OK|
g 0 MKDIR data/4/3|
= MKDIR OK|
g 0 MKDIR data/4/4|
= MKDIR OK|
g 0 MKDIR data/4/5|
= MKDIR OK|
g 0 MKDIR data/4/6|
= MKDIR OK|
g 0 MKDIR data/4/7|
= MKDIR OK|
g 0 MKDIR data/4/8|
= MKDIR OK|
g 0 MKDIR data/4/9|
= MKDIR OK|
g 0 MKDIR data/4/10|
= MKDIR OK|
g 0 MKDIR data/4/11|
= MKDIR OK|
g 0 MKDIR data/4/12|
= MKDIR OK|
g 0 MKDIR data/4/13|
= MKDIR OK|
g 0 MKDIR data/4/14|
= MKDIR OK|
g 0 MKDIR data/4/15|
= MKDIR OK|
g 0 MKDIR data/4/16|
= MKDIR OK|
g 0 MKDIR data/4/17|
= MKDIR OK|
g 0 MKDIR data/4/18|
= MKDIR OK|
g 0 MKDIR data/4/19|
= MKDIR OK|
g 0 MKDIR data/4/20|
= MKDIR OK|
g 0 MKDIR data/4/21|
= MKDIR OK|
g 0 MKDIR data/4/22|
= MKDIR OK|
g 0 MKDIR data/4/23|
= MKDIR OK|
g 0 MKDIR data/4/24|
= MKDIR OK|
g 0 MKDIR data/4/25|
= MKDIR OK|
g 0 MKDIR data/4/26|
= MKDIR OK|
g 0 MKDIR data/4/27|
= MKDIR OK|
g 0 MKDIR data/4/28|
= MKDIR OK|
g 0 MKDIR data/4/29|
= MKDIR OK|
g 0 MKDIR data/4/30|
= MKDIR OK|
g 0 MKDIR data/4/31|
= MKDIR OK|
g 0 MKDIR data/4/32|
= MKDIR OK|
g 0 MKDIR data/4/33|
= MKDIR OK|
g 0 MKDIR data/4/34|
= MKDIR OK|
g 0 MKDIR data/4/35|
= MKDIR OK|
g 0 MKDIR data/4/36|
= MKDIR OK|
g 0 MKDIR data/4/37|
= MKDIR OK|
g 0 MKDIR data/4/38|
= MKDIR OK|
g 0 MKDIR data/4/39|
= MKDIR OK|
g 0 MKDIR data/4/40|
= MKDIR OK|
g 0 MKDIR data/4/41|
= MKDIR OK|
g 0 MKDIR data/4/42|
= MKDIR OK|
g 0 MKDIR data/4/43|
= MKDIR OK|
g 0 MKDIR data/4/44|
= MKDIR OK|
g 0 MKDIR data/4/45|
= MKDIR OK|
g 0 MKDIR data/4/46|
= MKDIR OK|
g 0 MKDIR data/4/47|
= MKDIR OK|
g 0 MKDIR data/4/48|
= MKDIR OK|
g 0 MKDIR data/4/49|
= MKDIR OK|
g 0 MKDIR data/4/50|
= MKDIR OK|
g 0 MKDIR data/4/51|
= MKDIR OK|
g 0 MKDIR data/4/52|
= MKDIR OK|
g 0 MKDIR data/4/53|
= MKDIR OK|
g 0 MKDIR data/4/54|
= MKDIR OK|
g 0 MKDIR data/4/55|
= MKDIR OK|
g 0 MKDIR data/4/56|
= MKDIR OK|
g 0 MKDIR data/4/57|
= MKDIR OK|
g 0 MKDIR data/4/58|
= MKDIR OK|
g 0 MKDIR data/4/59|
= MKDIR OK|
g 0 MKDIR data/4/60|
= MKDIR OK|
g 0 MKDIR data/4/61|
= MKDIR OK|
g 0 MKDIR data/4/62|
= MKDIR OK|
g 0 MKDIR data/4/63|
= MKDIR OK|
g 0 MKDIR data/4/64|
= MKDIR OK|
g 0 MKDIR data/4/65|
= MKDIR OK|
g 0 MKDIR data/4/66|
= MKDIR OK|
g 0 MKDIR data/4/67|
= MKDIR OK|
g 0 MKDIR data/4/68|
= MKDIR OK|
g 0 MKDIR data/4/69|
= MKDIR OK|
g 0 MKDIR data/4/70|
= MKDIR OK|
g 0 MKDIR data/4/71|
= MKDIR OK|
g 0 MKDIR data/4/72|
= MKDIR OK|
g 0 MKDIR data/4/73|
= MKDIR OK|
g 0 MKDIR data/4/74|
= MKDIR OK|
g 0 MKDIR data/4/75|
= MKDIR OK|
g 0 MKDIR data/4/76|
= MKDIR OK|
g 0 MKDIR data/4/77|
= MKDIR OK|
g 0 MKDIR data/4/78|
= MKDIR OK|
g 0 MKDIR data/4/79|
= MKDIR OK|
g 0 MKDIR data/4/80|
= MKDIR OK|
g 0 MKDIR data/4/81|
= MKDIR OK|
g 0 MKDIR data/4/82|
= MKDIR OK|
g 0 MKDIR data/4/83|
= MKDIR OK|
g 0 MKDIR data/4/84|
= MKDIR OK|
g 0 MKDIR data/4/85|
= MKDIR OK|
g 0 MKDIR data/4/86|
= MKDIR OK|
g 0 MKDIR data/4/87|
= MKDIR OK|
g 0 MKDIR data/4/88|
= MKDIR OK|
g 0 MKDIR data/4/89|
= MKDIR OK|
g 0 MKDIR data/4/90|
= MKDIR OK|
g 0 MKDIR data/4/91|
= MKDIR OK|
g 0 MKDIR data/4/92|
= MKDIR OK|
g 0 MKDIR data/4/93|
= MKDIR OK|
g 0 MKDIR data/4/94|
= MKDIR OK|
g 0 MKDIR data/4/95|
= MKDIR OK|
g 0 MKDIR data/4/96|
= MKDIR OK|
g 0 MKDIR data/4/97|
= MKDIR OK|
g 0 MKDIR data/4/98|
= MKDIR OK|
g 0 MKDIR data/5/0|
= MKDIR OK|
g 0 MKDIR data/5/1|
= MKDIR OK|
g 0 MKDIR data/5/2|
= MKDIR OK|
g 0 MKDIR data/5/3|
= MKDIR OK|
g 0 MKDIR data/5/4|
= MKDIR OK|
g 0 MKDIR data/5/5|
= MKDIR OK|
g 0 MKDIR data/5/6|
= MKDIR OK|
g 0 MKDIR data/5/7|
= MKDIR OK|
g 0 MKDIR data/5/8|
= MKDIR OK|
g 0 MKDIR data/5/9|
= MKDIR OK|
g 0 MKDIR data/5/10|
= MKDIR OK|
g 0 MKDIR data/5/11|
= MKDIR OK|
g 0 MKDIR data/5/12|
= MKDIR OK|
g 0 MKDIR data/5/13|
= MKDIR OK|
g 0 MKDIR data/5/14|
= MKDIR OK|
g 0 MKDIR data/5/15|
= MKDIR OK|
g 0 MKDIR data/5/16|
= MKDIR OK|
g 0 MKDIR data/5/17|
= MKDIR OK|
g 0 MKDIR data/5/18|
= MKDIR OK|
g 0 MKDIR data/5/19|
= MKDIR OK|
g 0 MKDIR data/5/20|
= MKDIR OK|
g 0 MKDIR data/5/21|
= MKDIR OK|
g 0 MKDIR data/5/22|
= MKDIR OK|
g 0 MKDIR data/5/23|
= MKDIR OK|
g 0 MKDIR data/5/24|
= MKDIR OK|
g 0 MKDIR data/5/25|
= MKDIR OK|
g 0 MKDIR data/5/26|
= MKDIR OK|
g 0 MKDIR data/5/27|
= MKDIR OK|
g 0 MKDIR data/5/28|
= MKDIR OK|
g 0 MKDIR data/5/29|
= MKDIR OK|
g 0 MKDIR data/5/30|
= MKDIR OK|
g 0 MKDIR data/5/31|
= MKDIR OK|
g 0 MKDIR data/5/32|
= MKDIR OK|
g 0 MKDIR data/5/33|
= MKDIR OK|
g 0 MKDIR data/5/34|
= MKDIR OK|
g 0 MKDIR data/5/35|
= MKDIR OK|
g 0 MKDIR data/5/36|
= MKDIR OK|
g 0 MKDIR data/5/37|
= MKDIR OK|
g 0 MKDIR data/5/38|
= MKDIR OK|
g 0 MKDIR data/5/39|
= MKDIR OK|
g 0 MKDIR data/5/40|
= MKDIR OK|
g 0 MKDIR data/5/41|
= MKDIR OK|
g 0 MKDIR data/5/42|
= MKDIR OK|
g 0 MKDIR data/5/43|
= MKDIR OK|
g 0 MKDIR data/5/44|
= MKDIR OK|
g 0 MKDIR data/5/45|
= MKDIR OK|
g 0 MKDIR data/5/46|
= MKDIR OK|
g 0 MKDIR data/5/47|
= MKDIR OK|
g 0 MKDIR data/5/48|
= MKDIR OK|
g 0 MKDIR data/5/49|
= MKDIR OK|
g 0 MKDIR data/5/50|
= MKDIR OK|
g 0 MKDIR data/5/51|
= MKDIR OK|
g 0 MKDIR data/5/52|
= MKDIR OK|
g 0 MKDIR data/5/53|
= MKDIR OK|
g 0 MKDIR data/5/54|
= MKDIR OK|
g 0 MKDIR data/5/55|
= MKDIR OK|
g 0 MKDIR data/5/56|
= MKDIR OK|
g 0 MKDIR data/5/57|
= MKDIR OK|
g 0 MKDIR data/5/58|
= MKDIR OK|
g 0 MKDIR data/5/59|
= MKDIR OK|
g 0 MKDIR data/5/60|
= MKDIR OK|
g 0 MKDIR data/5/61|
= MKDIR OK|
g 0 MKDIR data/5/62|
= MKDIR OK|
g 0 MKDIR data/5/63|
= MKDIR OK|
g 0 MKDIR data/5/64|
= MKDIR OK|
g 0 MKDIR data/5/65|
= MKDIR OK|
g 0 MKDIR data/5/66|
= MKDIR OK|
g 0 MKDIR data/5/67|
= MKDIR OK|
g 0 MKDIR data/5/68|
= MKDIR OK|
g 0 MKDIR data/5/69|
= MKDIR OK|
g 0 MKDIR data/5/70|
= MKDIR OK|
g 0 MKDIR data/5/71|
= MKDIR OK|
g 0 MKDIR data/5/72|
= MKDIR OK|
g 0 MKDIR data/5/73|
= MKDIR OK|
g 0 MKDIR data/5/74|
= MKDIR OK|
g 0 MKDIR data/5/75|
= MKDIR OK|
g 0 MKDIR data/5/76|
= MKDIR OK|
g 0 MKDIR data/5/77|
= MKDIR OK|
g 0 MKDIR data/5/78|
= MKDIR OK|
g 0 MKDIR data/5/79|
= MKDIR OK|
g 0 MKDIR data/5/80|
= MKDIR OK|
g 0 MKDIR data/5/81|
= MKDIR OK|
g 0 MKDIR data/5/82|
= MKDIR OK|
g 0 MKDIR data/5/83|
= MKDIR OK|
g 0 MKDIR data/5/84|
= MKDIR OK|
g 0 MKDIR data/5/85|
= MKDIR OK|
g 0 MKDIR data/5/86|
= MKDIR OK|
g 0 MKDIR data/5/87|
= MKDIR OK|
g 0 MKDIR data/5/88|
= MKDIR OK|
g 0 MKDIR data/5/89|
= MKDIR OK|
g 0 MKDIR data/5/90|
= MKDIR OK|
g 0 MKDIR data/5/91|
= MKDIR OK|
g 0 MKDIR data/5/92|
= MKDIR OK|
g 0 MKDIR data/5/93|
= MKDIR OK|
g 0 MKDIR data/5/94|
= MKDIR OK|
g 0 MKDIR data/5/95|
= MKDIR OK|
g 0 MKDIR data/5/96|
= MKDIR OK|
g 0 MKDIR data/5/97|
= MKDIR OK|
g 0 MKDIR data/5/98|
= MKDIR OK|
g 0 MKDIR data/6/0|
= MKDIR OK|
g 0 MKDIR data/6/1|
= MKDIR OK|
g 0 MKDIR data/6/2|
= MKDIR OK|
g 0 MKDIR data/6/3|
= MKDIR OK|
g 0 MKDIR data/6/4|
= MKDIR OK|
g 0 MKDIR data/6/5|
= MKDIR OK|
g 0 MKDIR data/6/6|
= MKDIR OK|
g 0 MKDIR data/6/7|
= MKDIR OK|
g 0 MKDIR data/6/8|
= MKDIR OK|
g 0 MKDIR data/6/9|
= MKDIR OK|
g 0 MKDIR data/6/10|
= MKDIR OK|
g 0 MKDIR data/6/11|
= MKDIR OK|
g 0 MKDIR data/6/12|
= MKDIR OK|
g 0 MKDIR data/6/13|
= MKDIR OK|
g 0 MKDIR data/6/14|
= MKDIR OK|
g 0 MKDIR data/6/15|
= MKDIR OK|
g 0 MKDIR data/6/16|
= MKDIR OK|
g 0 MKDIR data/6/17|
= MKDIR OK|
g 0 MKDIR data/6/18|
= MKDIR OK|
g 0 MKDIR data/6/19|
= MKDIR OK|
g 0 MKDIR data/6/20|
= MKDIR OK|
g 0 MKDIR data/6/21|
= MKDIR OK|
g 0 MKDIR data/6/22|
= MKDIR OK|
g 0 MKDIR data/6/23|
= MKDIR OK|
g 0 MKDIR data/6/24|
= MKDIR OK|
g 0 MKDIR data/6/25|
= MKDIR OK|
g 0 MKDIR data/6/26|
= MKDIR OK|
g 0 MKDIR data/6/27|
= MKDIR OK|
g 0 MKDIR data/6/28|
= MKDIR OK|
g 0 MKDIR data/6/29|
= MKDIR OK|
g 0 MKDIR data/6/30|
= MKDIR OK|
g 0 MKDIR data/6/31|
= MKDIR OK|
g 0 MKDIR data/6/32|
= MKDIR OK|
g 0 MKDIR data/6/33|
= MKDIR OK|
g 0 MKDIR data/6/34|
= MKDIR OK|
g 0 MKDIR data/6/35|
= MKDIR OK|
g 0 MKDIR data/6/36|
= MKDIR OK|
g 0 MKDIR data/6/37|
= MKDIR OK|
g 0 MKDIR data/6/38|
= MKDIR OK|
g 0 MKDIR data/6/39|
= MKDIR OK|
g 0 MKDIR data/6/40|
= MKDIR OK|
g 0 MKDIR data/6/41|
= MKDIR OK|
g 0 MKDIR data/6/42|
= MKDIR OK|
g 0 MKDIR data/6/43|
= MKDIR OK|
g 0 MKDIR data/6/44|
= MKDIR OK|
g 0 MKDIR data/6/45|
= MKDIR OK|
g 0 MKDIR data/6/46|
= MKDIR OK|
g 0 MKDIR data/6/47|
= MKDIR OK|
g 0 MKDIR data/6/48|
= MKDIR OK|
g 0 MKDIR data/6/49|
= MKDIR OK|
g 0 MKDIR data/6/50|
= MKDIR OK|
g 0 MKDIR data/6/51|
= MKDIR OK|
g 0 MKDIR data/6/52|
= MKDIR OK|
g 0 MKDIR data/6/53|
= MKDIR OK|
g 0 MKDIR data/6/54|
= MKDIR OK|
g 0 MKDIR data/6/55|
= MKDIR OK|
g 0 MKDIR data/6/56|
= MKDIR OK|
g 0 MKDIR data/6/57|
= MKDIR OK|
g 0 MKDIR data/6/58|
= MKDIR OK|
g 0 MKDIR data/6/59|
= MKDIR OK|
g 0 MKDIR data/6/60|
= MKDIR OK|
g 0 MKDIR data/6/61|
= MKDIR OK|
g 0 MKDIR data/6/62|
= MKDIR OK|
g 0 MKDIR data/6/63|
= MKDIR OK|
g 0 MKDIR data/6/64|
= MKDIR OK|
g 0 MKDIR data/6/65|
= MKDIR OK|
g 0 MKDIR data/6/66|
= MKDIR OK|
g 0 MKDIR data/6/67|
= MKDIR OK|
g 0 MKDIR data/6/68|
= MKDIR OK|
g 0 MKDIR data/6/69|
= MKDIR OK|
g 0 MKDIR data/6/70|
= MKDIR OK|
g 0 MKDIR data/6/71|
= MKDIR OK|
g 0 MKDIR data/6/72|
= MKDIR OK|
g 0 MKDIR data/6/73|
= MKDIR OK|
g 0 MKDIR data/6/74|
= MKDIR OK|
g 0 MKDIR data/6/75|
= MKDIR OK|
g 0 MKDIR data/6/76|
= MKDIR OK|
g 0 MKDIR data/6/77|
= MKDIR OK|
g 0 MKDIR data/6/78|
= MKDIR OK|
g 0 MKDIR data/6/79|
= MKDIR OK|
g 0 MKDIR data/6/80|
= MKDIR OK|
g 0 MKDIR data/6/81|
= MKDIR OK|
g 0 MKDIR data/6/82|
= MKDIR OK|
g 0 MKDIR data/6/83|
= MKDIR OK|
g 0 MKDIR data/6/84|
= MKDIR OK|
g 0 MKDIR data/6/85|
= MKDIR OK|
g 0 MKDIR data/6/86|
= MKDIR OK|
g 0 MKDIR data/6/87|
= MKDIR OK|
g 0 MKDIR data/6/88|
= MKDIR OK|
g 0 MKDIR data/6/89|
= MKDIR OK|
g 0 MKDIR data/6/90|
= MKDIR OK|
g 0 MKDIR data/6/91|
= MKDIR OK|
g 0 MKDIR data/6/92|
= MKDIR OK|
g 0 MKDIR data/6/93|
= MKDIR OK|
g 0 MKDIR data/6/94|
= MKDIR OK|
g 0 MKDIR data/6/95|
= MKDIR OK|
g 0 MKDIR data/6/96|
= MKDIR OK|
g 0 MKDIR data/6/97|
= MKDIR OK|
g 0 MKDIR data/6/98|
= MKDIR OK|
g 0 MKDIR data/7/0|
= MKDIR OK|
g 0 MKDIR data/7/1|
= MKDIR OK|
g 0 MKDIR data/7/2|
= MKDIR OK|
g 0 MKDIR data/7/3|
= MKDIR OK|
g 0 MKDIR data/7/4|
= MKDIR OK|
g 0 MKDIR data/7/5|
= MKDIR OK|
g 0 MKDIR data/7/6|
= MKDIR OK|
g 0 MKDIR data/7/7|
= MKDIR OK|
g 0 MKDIR data/7/8|
= MKDIR OK|
g 0 MKDIR data/7/9|
= MKDIR OK|
g 0 MKDIR data/7/10|
= MKDIR OK|
g 0 MKDIR data/7/11|
= MKDIR OK|
g 0 MKDIR data/7/12|
= MKDIR OK|
g 0 MKDIR data/7/13|
= MKDIR OK|
g 0 MKDIR data/7/14|
= MKDIR OK|
g 0 MKDIR data/7/15|
= MKDIR OK|
g 0 MKDIR data/7/16|
= MKDIR OK|
g 0 MKDIR data/7/17|
= MKDIR OK|
g 0 MKDIR data/7/18|
= MKDIR OK|
g 0 MKDIR data/7/19|
= MKDIR OK|
g 0 MKDIR data/7/20|
= MKDIR OK|
g 0 MKDIR data/7/21|
= MKDIR OK|
g 0 MKDIR data/7/22|
= MKDIR OK|
g 0 MKDIR data/7/23|
= MKDIR OK|
g 0 MKDIR data/7/24|
= MKDIR OK|
g 0 MKDIR data/7/25|
= MKDIR OK|
g 0 MKDIR data/7/26|
= MKDIR OK|
g 0 MKDIR data/7/27|
= MKDIR OK|
g 0 MKDIR data/7/28|
= MKDIR OK|
g 0 MKDIR data/7/29|
= MKDIR OK|
g 0 MKDIR data/7/30|
= MKDIR OK|
g 0 MKDIR data/7/31|
= MKDIR OK|
g 0 MKDIR data/7/32|
= MKDIR OK|
g 0 MKDIR data/7/33|
= MKDIR OK|
g 0 MKDIR data/7/34|
= MKDIR OK|
g 0 MKDIR data/7/35|
= MKDIR OK|
g 0 MKDIR data/7/36|
= MKDIR OK|
g 0 MKDIR data/7/37|
= MKDIR OK|
g 0 MKDIR data/7/38|
= MKDIR OK|
g 0 MKDIR data/7/39|
= MKDIR OK|
g 0 MKDIR data/7/40|
= MKDIR OK|
g 0 MKDIR data/7/41|
= MKDIR OK|
g 0 MKDIR data/7/42|
= MKDIR OK|
g 0 MKDIR data/7/43|
= MKDIR OK|
g 0 MKDIR data/7/44|
= MKDIR OK|
g 0 MKDIR data/7/45|
= MKDIR OK|
g 0 MKDIR data/7/46|
= MKDIR OK|
g 0 MKDIR data/7/47|
= MKDIR OK|
g 0 MKDIR data/7/48|
= MKDIR OK|
g 0 MKDIR data/7/49|
= MKDIR OK|
g 0 MKDIR data/7/50|
= MKDIR OK|
g 0 MKDIR data/7/51|
= MKDIR OK|
g 0 MKDIR data/7/52|
= MKDIR OK|
g 0 MKDIR data/7/53|
= MKDIR OK|
g 0 MKDIR data/7/54|
= MKDIR OK|
g 0 MKDIR data/7/55|
= MKDIR OK|
g 0 MKDIR data/7/56|
= MKDIR OK|
g 0 MKDIR data/7/57|
= MKDIR OK|
g 0 MKDIR data/7/58|
= MKDIR OK|
g 0 MKDIR data/7/59|
= MKDIR OK|
g 0 MKDIR data/7/60|
= MKDIR OK|
g 0 MKDIR data/7/61|
= MKDIR OK|
g 0 MKDIR data/7/62|
= MKDIR OK|
g 0 MKDIR data/7/63|
= MKDIR OK|
g 0 MKDIR data/7/64|
= MKDIR OK|
g 0 MKDIR data/7/65|
= MKDIR OK|
g 0 MKDIR data/7/66|
= MKDIR OK|
g 0 MKDIR data/7/67|
= MKDIR OK|
g 0 MKDIR data/7/68|
= MKDIR OK|
g 0 MKDIR data/7/69|
= MKDIR OK|
g 0 MKDIR data/7/70|
= MKDIR OK|
g 0 MKDIR data/7/71|
= MKDIR OK|
g 0 MKDIR data/7/72|
= MKDIR OK|
g 0 MKDIR data/7/73|
= MKDIR OK|
g 0 MKDIR data/7/74|
= MKDIR OK|
g 0 MKDIR data/7/75|
= MKDIR OK|
g 0 MKDIR data/7/76|
= MKDIR OK|
g 0 MKDIR data/7/77|
= MKDIR OK|
g 0 MKDIR data/7/78|
= MKDIR OK|
g 0 MKDIR data/7/79|
= MKDIR OK|
g 0 MKDIR data/7/80|
= MKDIR OK|
g 0 MKDIR data/7/81|
= MKDIR OK|
g 0 MKDIR data/7/82|
= MKDIR OK|
g 0 MKDIR data/7/83|
= MKDIR OK|
g 0 MKDIR data/7/84|
= MKDIR OK|
g 0 MKDIR data/7/85|
= MKDIR OK|
g 0 MKDIR data/7/86|
= MKDIR OK|
g 0 MKDIR data/7/87|
= MKDIR OK|
g 0 MKDIR data/7/88|
= MKDIR OK|
g 0 MKDIR data/7/89|
= MKDIR OK|
g 0 MKDIR data/7/90|
= MKDIR OK|
g 0 MKDIR data/7/91|
= MKDIR OK|
g 0 MKDIR data/7/92|
= MKDIR OK|
g 0 MKDIR data/7/93|
= MKDIR OK|
g 0 MKDIR data/7/94|
= MKDIR OK|
g 0 MKDIR data/7/95|
= MKDIR OK|
g 0 MKDIR data/7/96|
= MKDIR OK|
g 0 MKDIR data/7/97|
= MKDIR OK|
g 0 MKDIR data/7/98|
= MKDIR OK|
g 0 MKDIR data/8/0|
= MKDIR OK|
g 0 MKDIR data/8/1|
= MKDIR OK|
g 0 MKDIR data/8/2|
= MKDIR OK|
g 0 MKDIR data/8/3|
= MKDIR OK|
g 0 MKDIR data/8/4|
= MKDIR OK|
g 0 MKDIR data/8/5|
= MKDIR OK|
g 0 MKDIR data/8/6|
= MKDIR OK|
g 0 MKDIR data/8/7|
= MKDIR OK|
g 0 MKDIR data/8/8|
= MKDIR OK|
g 0 MKDIR data/8/9|
= MKDIR OK|
g 0 MKDIR data/8/10|
= MKDIR OK|
g 0 MKDIR data/8/11|
= MKDIR OK|
g 0 MKDIR data/8/12|
= MKDIR OK|
g 0 MKDIR data/8/13|
= MKDIR OK|
g 0 MKDIR data/8/14|
= MKDIR OK|
g 0 MKDIR data/8/15|
= MKDIR OK|
g 0 MKDIR data/8/16|
= MKDIR OK|
g 0 MKDIR data/8/17|
= MKDIR OK|
g 0 MKDIR data/8/18|
= MKDIR OK|
g 0 MKDIR data/8/19|
= MKDIR OK|
g 0 MKDIR data/8/20|
= MKDIR OK|
g 0 MKDIR data/8/21|
= MKDIR OK|
g 0 MKDIR data/8/22|
= MKDIR OK|
g 0 MKDIR data/8/23|
= MKDIR OK|
g 0 MKDIR data/8/24|
= MKDIR OK|
g 0 MKDIR data/8/25|
= MKDIR OK|
g 0 MKDIR data/8/26|
= MKDIR OK|
g 0 MKDIR data/8/27|
= MKDIR OK|
g 0 MKDIR data/8/28|
= MKDIR OK|
g 0 MKDIR data/8/29|
= MKDIR OK|
g 0 MKDIR data/8/30|
= MKDIR OK|
g 0 MKDIR data/8/31|
= MKDIR OK|
g 0 MKDIR data/8/32|
= MKDIR OK|
g 0 MKDIR data/8/33|
= MKDIR OK|
g 0 MKDIR data/8/34|
= MKDIR OK|
g 0 MKDIR data/8/35|
= MKDIR OK|
g 0 MKDIR data/8/36|
= MKDIR OK|
g 0 MKDIR data/8/37|
= MKDIR OK|
g 0 MKDIR data/8/38|
= MKDIR OK|
g 0 MKDIR data/8/39|
= MKDIR OK|
g 0 MKDIR data/8/40|
= MKDIR OK|
g 0 MKDIR data/8/41|
= MKDIR OK|
g 0 MKDIR data/8/42|
= MKDIR OK|
g 0 MKDIR data/8/43|
= MKDIR OK|
g 0 MKDIR data/8/44|
= MKDIR OK|
g 0 MKDIR data/8/45|
= MKDIR OK|
g 0 MKDIR data/8/46|
= MKDIR OK|
g 0 MKDIR data/8/47|
= MKDIR OK|
g 0 MKDIR data/8/48|
= MKDIR OK|
g 0 MKDIR data/8/49|
= MKDIR OK|
g 0 MKDIR data/8/50|
= MKDIR OK|
g 0 MKDIR data/8/51|
= MKDIR OK|
g 0 MKDIR data/8/52|
= MKDIR OK|
g 0 MKDIR data/8/53|
= MKDIR OK|
g 0 MKDIR data/8/54|
= MKDIR OK|
g 0 MKDIR data/8/55|
= MKDIR OK|
g 0 MKDIR data/8/56|
= MKDIR OK|
g 0 MKDIR data/8/57|
= MKDIR OK|
g 0 MKDIR data/8/58|
= MKDIR OK|
g 0 MKDIR data/8/59|
= MKDIR OK|
g 0 MKDIR data/8/60|
= MKDIR OK|
g 0 MKDIR data/8/61|
= MKDIR OK|
g 0 MKDIR data/8/62|
= MKDIR OK|
g 0 MKDIR data/8/63|
= MKDIR OK|
g 0 MKDIR data/8/64|
= MKDIR OK|
g 0 MKDIR data/8/65|
= MKDIR OK|
g 0 MKDIR data/8/66|
= MKDIR OK|
g 0 MKDIR data/8/67|
= MKDIR OK|
g 0 MKDIR data/8/68|
= MKDIR OK|
g 0 MKDIR data/8/69|
= MKDIR OK|
g 0 MKDIR data/8/70|
= MKDIR OK|
g 0 MKDIR data/8/71|
= MKDIR OK|
g 0 MKDIR data/8/72|
= MKDIR OK|
g 0 MKDIR data/8/73|
= MKDIR OK|
g 0 MKDIR data/8/74|
= MKDIR OK|
g 0 MKDIR data/8/75|
= MKDIR OK|
g 0 MKDIR data/8/76|
= MKDIR OK|
g 0 MKDIR data/8/77|
= MKDIR OK|
g 0 MKDIR data/8/78|
= MKDIR OK|
g 0 MKDIR data/8/79|
= MKDIR OK|
g 0 MKDIR data/8/80|
= MKDIR OK|
g 0 MKDIR data/8/81|
= MKDIR OK|
g 0 MKDIR data/8/82|
= MKDIR OK|
g 0 MKDIR data/8/83|
= MKDIR OK|
g 0 MKDIR data/8/84|
= MKDIR OK|
g 0 MKDIR data/8/85|
= MKDIR OK|
g 0 MKDIR data/8/86|
= MKDIR OK|
g 0 MKDIR data/8/87|
= MKDIR OK|
g 0 MKDIR data/8/88|
= MKDIR OK|
g 0 MKDIR data/8/89|
= MKDIR OK|
g 0 MKDIR data/8/90|
= MKDIR OK|
g 0 MKDIR data/8/91|
= MKDIR OK|
g 0 MKDIR data/8/92|
= MKDIR OK|
g 0 MKDIR data/8/93|
= MKDIR OK|
g 0 MKDIR data/8/94|
= MKDIR OK|
g 0 MKDIR data/8/95|
= MKDIR OK|
g 0 MKDIR data/8/96|
= MKDIR OK|
g 0 MKDIR data/8/97|
= MKDIR OK|
g 0 MKDIR data/8/98|
= MKDIR OK|
g 0 MKDIR data/9/0|
= MKDIR OK|
g 0 MKDIR data/9/1|
= MKDIR OK|
g 0 MKDIR data/9/2|
= MKDIR OK|
g 0 MKDIR data/9/3|
= MKDIR OK|
g 0 MKDIR data/9/4|
= MKDIR OK|
g 0 MKDIR data/9/5|
= MKDIR OK|
g 0 MKDIR data/9/6|
= MKDIR OK|
g 0 MKDIR data/9/7|
= MKDIR OK|
g 0 MKDIR data/9/8|
= MKDIR OK|
g 0 MKDIR data/9/9|
= MKDIR OK|
g 0 MKDIR data/9/10|
= MKDIR OK|
g 0 MKDIR data/9/11|
= MKDIR OK|
g 0 MKDIR data/9/12|
= MKDIR OK|
g 0 MKDIR data/9/13|
= MKDIR OK|
g 0 MKDIR data/9/14|
= MKDIR OK|
g 0 MKDIR data/9/15|
= MKDIR OK|
g 0 MKDIR data/9/16|
= MKDIR OK|
g 0 MKDIR data/9/17|
= MKDIR OK|
g 0 MKDIR data/9/18|
= MKDIR OK|
g 0 MKDIR data/9/19|
= MKDIR OK|
g 0 MKDIR data/9/20|
= MKDIR OK|
g 0 MKDIR data/9/21|
= MKDIR OK|
g 0 MKDIR data/9/22|
= MKDIR OK|
g 0 MKDIR data/9/23|
= MKDIR OK|
g 0 MKDIR data/9/24|
= MKDIR OK|
g 0 MKDIR data/9/25|
= MKDIR OK|
g 0 MKDIR data/9/26|
= MKDIR OK|
g 0 MKDIR data/9/27|
= MKDIR OK|
g 0 MKDIR data/9/28|
= MKDIR OK|
g 0 MKDIR data/9/29|
= MKDIR OK|
g 0 MKDIR data/9/30|
= MKDIR OK|
g 0 MKDIR data/9/31|
= MKDIR OK|
g 0 MKDIR data/9/32|
= MKDIR OK|
g 0 MKDIR data/9/33|
= MKDIR OK|
g 0 MKDIR data/9/34|
= MKDIR OK|
g 0 MKDIR data/9/35|
= MKDIR OK|
g 0 MKDIR data/9/36|
= MKDIR OK|
g 0 MKDIR data/9/37|
= MKDIR OK|
g 0 MKDIR data/9/38|
= MKDIR OK|
g 0 MKDIR data/9/39|
= MKDIR OK|
g 0 MKDIR data/9/40|
= MKDIR OK|
g 0 MKDIR data/9/41|
= MKDIR OK|
g 0 MKDIR data/9/42|
= MKDIR OK|
g 0 MKDIR data/9/43|
= MKDIR OK|
g 0 MKDIR data/9/44|
= MKDIR OK|
g 0 MKDIR data/9/45|
= MKDIR OK|
g 0 MKDIR data/9/46|
= MKDIR OK|
g 0 MKDIR data/9/47|
= MKDIR OK|
g 0 MKDIR data/9/48|
= MKDIR OK|
g 0 MKDIR data/9/49|
= MKDIR OK|
g 0 MKDIR data/9/50|
= MKDIR OK|
g 0 MKDIR data/9/51|
= MKDIR OK|
g 0 MKDIR data/9/52|
= MKDIR OK|
g 0 MKDIR data/9/53|
= MKDIR OK|
g 0 MKDIR data/9/54|
= MKDIR OK|
g 0 MKDIR data/9/55|
= MKDIR OK|
g 0 MKDIR data/9/56|
= MKDIR OK|
g 0 MKDIR data/9/57|
= MKDIR OK|
g 0 MKDIR data/9/58|
= MKDIR OK|
g 0 MKDIR data/9/59|
= MKDIR OK|
g 0 MKDIR data/9/60|
= MKDIR OK|
g 0 MKDIR data/9/61|
= MKDIR OK|
g 0 MKDIR data/9/62|
= MKDIR OK|
g 0 MKDIR data/9/63|
= MKDIR OK|
g 0 MKDIR data/9/64|
= MKDIR OK|
g 0 MKDIR data/9/65|
= MKDIR OK|
g 0 MKDIR data/9/66|
= MKDIR OK|
g 0 MKDIR data/9/67|
= MKDIR OK|
g 0 MKDIR data/9/68|
= MKDIR OK|
g 0 MKDIR data/9/69|
= MKDIR OK|
g 0 MKDIR data/9/70|
= MKDIR OK|
g 0 MKDIR data/9/71|
= MKDIR OK|
g 0 MKDIR data/9/72|
= MKDIR OK|
g 0 MKDIR data/9/73|
= MKDIR OK|
g 0 MKDIR data/9/74|
= MKDIR OK|
g 0 MKDIR data/9/75|
= MKDIR OK|
g 0 MKDIR data/9/76|
= MKDIR OK|
g 0 MKDIR data/9/77|
= MKDIR OK|
g 0 MKDIR data/9/78|
= MKDIR OK|
g 0 MKDIR data/9/79|
= MKDIR OK|
g 0 MKDIR data/9/80|
= MKDIR OK|
g 0 MKDIR data/9/81|
= MKDIR OK|
g 0 MKDIR data/9/82|
= MKDIR OK|
g 0 MKDIR data/9/83|
= MKDIR OK|
g 0 MKDIR data/9/84|
= MKDIR OK|
g 0 MKDIR data/9/85|
= MKDIR OK|
g 0 MKDIR data/9/86|
= MKDIR OK|
g 0 MKDIR data/9/87|
= MKDIR OK|
g 0 MKDIR data/9/88|
= MKDIR OK|
g 0 MKDIR data/9/89|
= MKDIR OK|
g 0 MKDIR data/9/90|
= MKDIR OK|
g 0 MKDIR data/9/91|
= MKDIR OK|
g 0 MKDIR data/9/92|
= MKDIR OK|
g 0 MKDIR data/9/93|
= MKDIR OK|
g 0 MKDIR data/9/94|
= MKDIR OK|
g 0 MKDIR data/9/95|
= ERROR ENOSPC|
g 0 MKDIR data/9/96|
= ERROR ENOSPC|
g 0 MKDIR data/9/97|
= ERROR ENOSPC|
g 0 MKDIR data/9/98|
= ERROR ENOSPC|
g 0 MKDIR data/x|
= ERROR ENOSPC|
g 0 MKDIR data/y|
= ERROR ENOSPC|
g 0 MKDIR data/z|
= ERROR ENOSPC|
g 0 WRITE data/0/0|x
= WRITE OK|
g 0 WRITE data/q/r/s|x
= ERROR ENOSPC|
g 0 READ data/q|
= ERROR ENOENT|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g 1 MKDIR data/more|
= ERROR ENOSPC|
g 1 RM data/0|
= RM OK|
g 1 MKDIR data/more|
= ERROR ENOSPC|
g 1 TRANSACTION_END T|
= TRANSACTION_END OK|
g 0 DIRECTORY data|
= DIRECTORY 1|2|3|4|5|6|7|8|9|
d 0 MKDIR /local/domain/$D/data/dom0s|
= MKDIR OK|
g 0 RM data/dom0s|
= RM OK|
g 0 RM data/1|
= RM OK|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g >2 TRANSACTION_START |
= TRANSACTION_START TX
g 1 MKDIR data/t1/0|
= MKDIR OK|
g 2 MKDIR data/t2/0|
= MKDIR OK|
g 1 MKDIR data/t1/1|
= MKDIR OK|
g 2 MKDIR data/t2/1|
= MKDIR OK|
g 1 MKDIR data/t1/2|
= MKDIR OK|
g 2 MKDIR data/t2/2|
= MKDIR OK|
g 1 MKDIR data/t1/3|
= MKDIR OK|
g 2 MKDIR data/t2/3|
= MKDIR OK|
g 1 MKDIR data/t1/4|
= MKDIR OK|
g 2 MKDIR data/t2/4|
= MKDIR OK|
g 1 MKDIR data/t1/5|
= MKDIR OK|
g 2 MKDIR data/t2/5|
= MKDIR OK|
g 1 MKDIR data/t1/6|
= MKDIR OK|
g 2 MKDIR data/t2/6|
= MKDIR OK|
g 1 MKDIR data/t1/7|
= MKDIR OK|
g 2 MKDIR data/t2/7|
= MKDIR OK|
g 1 MKDIR data/t1/8|
= MKDIR OK|
g 2 MKDIR data/t2/8|
= MKDIR OK|
g 1 MKDIR data/t1/9|
= MKDIR OK|
g 2 MKDIR data/t2/9|
= MKDIR OK|
g 1 MKDIR data/t1/10|
= MKDIR OK|
g 2 MKDIR data/t2/10|
= MKDIR OK|
g 1 MKDIR data/t1/11|
= MKDIR OK|
g 2 MKDIR data/t2/11|
= MKDIR OK|
g 1 MKDIR data/t1/12|
= MKDIR OK|
g 2 MKDIR data/t2/12|
= MKDIR OK|
g 1 MKDIR data/t1/13|
= MKDIR OK|
g 2 MKDIR data/t2/13|
= MKDIR OK|
g 1 MKDIR data/t1/14|
= MKDIR OK|
g 2 MKDIR data/t2/14|
= MKDIR OK|
g 1 MKDIR data/t1/15|
= MKDIR OK|
g 2 MKDIR data/t2/15|
= MKDIR OK|
g 1 MKDIR data/t1/16|
= MKDIR OK|
g 2 MKDIR data/t2/16|
= MKDIR OK|
g 1 MKDIR data/t1/17|
= MKDIR OK|
g 2 MKDIR data/t2/17|
= MKDIR OK|
g 1 MKDIR data/t1/18|
= MKDIR OK|
g 2 MKDIR data/t2/18|
= MKDIR OK|
g 1 MKDIR data/t1/19|
= MKDIR OK|
g 2 MKDIR data/t2/19|
= MKDIR OK|
g 1 MKDIR data/t1/20|
= MKDIR OK|
g 2 MKDIR data/t2/20|
= MKDIR OK|
g 1 MKDIR data/t1/21|
= MKDIR OK|
g 2 MKDIR data/t2/21|
= MKDIR OK|
g 1 MKDIR data/t1/22|
= MKDIR OK|
g 2 MKDIR data/t2/22|
= MKDIR OK|
g 1 MKDIR data/t1/23|
= MKDIR OK|
g 2 MKDIR data/t2/23|
= MKDIR OK|
g 1 MKDIR data/t1/24|
= MKDIR OK|
g 2 MKDIR data/t2/24|
= MKDIR OK|
g 1 MKDIR data/t1/25|
= MKDIR OK|
g 2 MKDIR data/t2/25|
= MKDIR OK|
g 1 MKDIR data/t1/26|
= MKDIR OK|
g 2 MKDIR data/t2/26|
= MKDIR OK|
g 1 MKDIR data/t1/27|
= MKDIR OK|
g 2 MKDIR data/t2/27|
= MKDIR OK|
g 1 MKDIR data/t1/28|
= MKDIR OK|
g 2 MKDIR data/t2/28|
= MKDIR OK|
g 1 MKDIR data/t1/29|
= MKDIR OK|
g 2 MKDIR data/t2/29|
= MKDIR OK|
g 1 MKDIR data/t1/30|
= MKDIR OK|
g 2 MKDIR data/t2/30|
= MKDIR OK|
g 1 MKDIR data/t1/31|
= MKDIR OK|
g 2 MKDIR data/t2/31|
= MKDIR OK|
g 1 MKDIR data/t1/32|
= MKDIR OK|
g 2 MKDIR data/t2/32|
= MKDIR OK|
g 1 MKDIR data/t1/33|
= MKDIR OK|
g 2 MKDIR data/t2/33|
= MKDIR OK|
g 1 MKDIR data/t1/34|
= MKDIR OK|
g 2 MKDIR data/t2/34|
= MKDIR OK|
g 1 MKDIR data/t1/35|
= MKDIR OK|
g 2 MKDIR data/t2/35|
= MKDIR OK|
g 1 MKDIR data/t1/36|
= MKDIR OK|
g 2 MKDIR data/t2/36|
= MKDIR OK|
g 1 MKDIR data/t1/37|
= MKDIR OK|
g 2 MKDIR data/t2/37|
= MKDIR OK|
g 1 MKDIR data/t1/38|
= MKDIR OK|
g 2 MKDIR data/t2/38|
= MKDIR OK|
g 1 MKDIR data/t1/39|
= MKDIR OK|
g 2 MKDIR data/t2/39|
= MKDIR OK|
g 1 MKDIR data/t1/40|
= MKDIR OK|
g 2 MKDIR data/t2/40|
= MKDIR OK|
g 1 MKDIR data/t1/41|
= MKDIR OK|
g 2 MKDIR data/t2/41|
= MKDIR OK|
g 1 MKDIR data/t1/42|
= MKDIR OK|
g 2 MKDIR data/t2/42|
= MKDIR OK|
g 1 MKDIR data/t1/43|
= MKDIR OK|
g 2 MKDIR data/t2/43|
= MKDIR OK|
g 1 MKDIR data/t1/44|
= MKDIR OK|
g 2 MKDIR data/t2/44|
= MKDIR OK|
g 1 MKDIR data/t1/45|
= MKDIR OK|
g 2 MKDIR data/t2/45|
= MKDIR OK|
g 1 MKDIR data/t1/46|
= MKDIR OK|
g 2 MKDIR data/t2/46|
= MKDIR OK|
g 1 MKDIR data/t1/47|
= MKDIR OK|
g 2 MKDIR data/t2/47|
= MKDIR OK|
g 1 MKDIR data/t1/48|
= MKDIR OK|
g 2 MKDIR data/t2/48|
= MKDIR OK|
g 1 MKDIR data/t1/49|
= MKDIR OK|
g 2 MKDIR data/t2/49|
= MKDIR OK|
g 1 MKDIR data/t1/50|
= MKDIR OK|
g 2 MKDIR data/t2/50|
= MKDIR OK|
g 1 MKDIR data/t1/51|
= MKDIR OK|
g 2 MKDIR data/t2/51|
= MKDIR OK|
g 1 MKDIR data/t1/52|
= MKDIR OK|
g 2 MKDIR data/t2/52|
= MKDIR OK|
g 1 MKDIR data/t1/53|
= MKDIR OK|
g 2 MKDIR data/t2/53|
= MKDIR OK|
g 1 MKDIR data/t1/54|
= MKDIR OK|
g 2 MKDIR data/t2/54|
= MKDIR OK|
g 1 MKDIR data/t1/55|
= MKDIR OK|
g 2 MKDIR data/t2/55|
= MKDIR OK|
g 1 MKDIR data/t1/56|
= MKDIR OK|
g 2 MKDIR data/t2/56|
= MKDIR OK|
g 1 MKDIR data/t1/57|
= MKDIR OK|
g 2 MKDIR data/t2/57|
= MKDIR OK|
g 1 MKDIR data/t1/58|
= MKDIR OK|
g 2 MKDIR data/t2/58|
= MKDIR OK|
g 1 MKDIR data/t1/59|
= MKDIR OK|
g 2 MKDIR data/t2/59|
= MKDIR OK|
g 1 MKDIR data/t1/60|
= MKDIR OK|
g 2 MKDIR data/t2/60|
= MKDIR OK|
g 1 MKDIR data/t1/61|
= MKDIR OK|
g 2 MKDIR data/t2/61|
= MKDIR OK|
g 1 MKDIR data/t1/62|
= MKDIR OK|
g 2 MKDIR data/t2/62|
= MKDIR OK|
g 1 MKDIR data/t1/63|
= MKDIR OK|
g 2 MKDIR data/t2/63|
= MKDIR OK|
g 1 MKDIR data/t1/64|
= MKDIR OK|
g 2 MKDIR data/t2/64|
= MKDIR OK|
g 1 MKDIR data/t1/65|
= MKDIR OK|
g 2 MKDIR data/t2/65|
= MKDIR OK|
g 1 MKDIR data/t1/66|
= MKDIR OK|
g 2 MKDIR data/t2/66|
= MKDIR OK|
g 1 MKDIR data/t1/67|
= MKDIR OK|
g 2 MKDIR data/t2/67|
= MKDIR OK|
g 1 MKDIR data/t1/68|
= MKDIR OK|
g 2 MKDIR data/t2/68|
= MKDIR OK|
g 1 MKDIR data/t1/69|
= MKDIR OK|
g 2 MKDIR data/t2/69|
= MKDIR OK|
g 1 TRANSACTION_END T|
= TRANSACTION_END OK|
g 2 TRANSACTION_END T|
= ERROR EAGAIN|
g 0 RM data|
= RM OK|
d 0 MKDIR /local/domain/$D/data|
= MKDIR OK|
d 0 SET_PERMS /local/domain/$D/data|n$D|
= SET_PERMS OK|
# A folder that is too long for one answer.
d 0 WRITE /test/long/{m*90}00|
= WRITE OK|
d 0 WRITE /test/long/{m*90}01|
= WRITE OK|
d 0 WRITE /test/long/{m*90}02|
= WRITE OK|
d 0 WRITE /test/long/{m*90}03|
= WRITE OK|
d 0 WRITE /test/long/{m*90}04|
= WRITE OK|
d 0 WRITE /test/long/{m*90}05|
= WRITE OK|
d 0 WRITE /test/long/{m*90}06|
= WRITE OK|
d 0 WRITE /test/long/{m*90}07|
= WRITE OK|
d 0 WRITE /test/long/{m*90}08|
= WRITE OK|
d 0 WRITE /test/long/{m*90}09|
= WRITE OK|
d 0 WRITE /test/long/{m*90}10|
= WRITE OK|
d 0 WRITE /test/long/{m*90}11|
= WRITE OK|
d 0 WRITE /test/long/{m*90}12|
= WRITE OK|
d 0 WRITE /test/long/{m*90}13|
= WRITE OK|
d 0 WRITE /test/long/{m*90}14|
= WRITE OK|
d 0 WRITE /test/long/{m*90}15|
= WRITE OK|
d 0 WRITE /test/long/{m*90}16|
= WRITE OK|
d 0 WRITE /test/long/{m*90}17|
= WRITE OK|
d 0 WRITE /test/long/{m*90}18|
= WRITE OK|
d 0 WRITE /test/long/{m*90}19|
= WRITE OK|
d 0 WRITE /test/long/{m*90}20|
= WRITE OK|
d 0 WRITE /test/long/{m*90}21|
= WRITE OK|
d 0 WRITE /test/long/{m*90}22|
= WRITE OK|
d 0 WRITE /test/long/{m*90}23|
= WRITE OK|
d 0 WRITE /test/long/{m*90}24|
= WRITE OK|
d 0 WRITE /test/long/{m*90}25|
= WRITE OK|
d 0 WRITE /test/long/{m*90}26|
= WRITE OK|
d 0 WRITE /test/long/{m*90}27|
= WRITE OK|
d 0 WRITE /test/long/{m*90}28|
= WRITE OK|
d 0 WRITE /test/long/{m*90}29|
= WRITE OK|
d 0 WRITE /test/long/{m*90}30|
= WRITE OK|
d 0 WRITE /test/long/{m*90}31|
= WRITE OK|
d 0 WRITE /test/long/{m*90}32|
= WRITE OK|
d 0 WRITE /test/long/{m*90}33|
= WRITE OK|
d 0 WRITE /test/long/{m*90}34|
= WRITE OK|
d 0 WRITE /test/long/{m*90}35|
= WRITE OK|
d 0 WRITE /test/long/{m*90}36|
= WRITE OK|
d 0 WRITE /test/long/{m*90}37|
= WRITE OK|
d 0 WRITE /test/long/{m*90}38|
= WRITE OK|
d 0 WRITE /test/long/{m*90}39|
= WRITE OK|
d 0 WRITE /test/long/{m*90}40|
= WRITE OK|
d 0 WRITE /test/long/{m*90}41|
= WRITE OK|
d 0 WRITE /test/long/{m*90}42|
= WRITE OK|
d 0 WRITE /test/long/{m*90}43|
= WRITE OK|
d 0 WRITE /test/long/{m*90}44|
= WRITE OK|
d 0 WRITE /test/long/{m*90}45|
= WRITE OK|
d 0 WRITE /test/long/{m*90}46|
= WRITE OK|
d 0 WRITE /test/long/{m*90}47|
= WRITE OK|
d 0 WRITE /test/long/{m*90}48|
= WRITE OK|
d 0 WRITE /test/long/{m*90}49|
= WRITE OK|
d 0 WRITE /test/long/{m*90}50|
= WRITE OK|
d 0 WRITE /test/long/{m*90}51|
= WRITE OK|
d 0 WRITE /test/long/{m*90}52|
= WRITE OK|
d 0 WRITE /test/long/{m*90}53|
= WRITE OK|
d 0 WRITE /test/long/{m*90}54|
= WRITE OK|
d 0 WRITE /test/long/{m*90}55|
= WRITE OK|
d 0 WRITE /test/long/{m*90}56|
= WRITE OK|
d 0 WRITE /test/long/{m*90}57|
= WRITE OK|
d 0 WRITE /test/long/{m*90}58|
= WRITE OK|
d 0 WRITE /test/long/{m*90}59|
= WRITE OK|
d 0 DIRECTORY /test/long|
= ERROR E2BIG|
d 0 DIRECTORY_PART /test/long|0|
= DIRECTORY_PART GEN|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm00|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm01|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm02|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm03|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm04|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm05|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm06|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm07|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm08|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm09|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm10|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm11|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm12|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm13|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm14|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm15|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm16|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm17|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm18|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm19|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm20|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm21|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm22|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm23|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm24|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm25|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm26|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm27|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm28|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm29|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm30|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm31|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm32|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm33|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm34|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm35|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm36|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm37|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm38|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm39|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm40|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm41|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm42|
d 0 DIRECTORY_PART /test/long|4092|
= DIRECTORY_PART GEN|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm44|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm45|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm46|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm47|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm48|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm49|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm50|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm51|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm52|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm53|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm54|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm55|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm56|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm57|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm58|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm59||
d 0 DIRECTORY_PART /test/long|4093|
= DIRECTORY_PART GEN|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm44|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm45|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm46|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm47|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm48|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm49|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm50|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm51|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm52|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm53|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm54|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm55|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm56|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm57|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm58|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm59||
d 0 DIRECTORY_PART /test/long|4185|
= DIRECTORY_PART GEN|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm45|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm46|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm47|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm48|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm49|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm50|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm51|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm52|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm53|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm54|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm55|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm56|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm57|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm58|mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm59||
d 0 RM /test/long|
= RM OK|
# At random.
d >4 TRANSACTION_START |
= TRANSACTION_START TX
g 2 TRANSACTION_END T|
= ERROR ENOENT|
d 0 SET_PERMS /local/domain/$D/data/a|b0|
= ERROR ENOENT|
g 0 WATCH data/a/a|v|
= WATCH OK|
! g data/a/a|v|
g 0 UNWATCH data/a/c|t|
= ERROR ENOENT|
g 3 MKDIR /test/c/b|
= ERROR EACCES|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g 1 WRITE data/c|c
= WRITE OK|
g 0 GET_PERMS data/b/b|
= ERROR ENOENT|
g 2 TRANSACTION_END F|
= ERROR ENOENT|
g 3 READ data/c/c/a|
= ERROR ENOENT|
d 4 DIRECTORY /local/domain/$D/data/c|
= ERROR ENOENT|
g 0 RM data/c/b/b|
= ERROR ENOENT|
g 3 WRITE data/c/a/b|cccc
= WRITE OK|
g 1 TRANSACTION_END F|
= TRANSACTION_END OK|
g 0 UNWATCH /local/domain/$D/data/c/c|u|
= ERROR ENOENT|
g 0 WRITE data|
= WRITE OK|
d 0 MKDIR /test/a/b/c|
= MKDIR OK|
g 0 DIRECTORY data/b|
= ERROR ENOENT|
g 0 WATCH /test/c/c/c|t|
= WATCH OK|
! g /test/c/c/c|t|
g 0 DIRECTORY /local/domain/$D/data/b|
= ERROR ENOENT|
d 5 WRITE /local/domain/$D/data/a/c/b|cc
= ERROR ENOENT|
d 4 TRANSACTION_END T|
= ERROR EAGAIN|
g 0 WATCH data/c|t|
= WATCH OK|
! g data/c|t|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
d 0 WRITE /local/domain/$D/data/a/b|cc
= WRITE OK|
d 0 UNWATCH /local/domain/$D/data/a/a|u|
= ERROR ENOENT|
g 1 READ /local/domain/$D/data/a/b|
= READ cc
d >4 TRANSACTION_START |
= TRANSACTION_START TX
d 5 GET_PERMS /local/domain/$D/data/a|
= ERROR ENOENT|
d 0 WRITE /test/c|aaaaa
= WRITE OK|
g 3 MKDIR data/b/a/b|
= MKDIR OK|
g 2 DIRECTORY /local/domain/$D/data/b/b|
= ERROR ENOENT|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
d 0 DIRECTORY /local/domain/$D/data/a|
= DIRECTORY b|
g 0 WRITE /test/c/c|aaa
= ERROR EACCES|
g 1 WRITE data/b/c/c|bbbb
= WRITE OK|
g 3 WRITE data/c/b|c
! g data/c/b|t|
= WRITE OK|
g >2 TRANSACTION_START |
= TRANSACTION_START TX
d 5 TRANSACTION_END T|
= ERROR ENOENT|
g 0 RM data/b/c|
= RM OK|
d 0 GET_PERMS /local/domain/$D/data/b|
= GET_PERMS n3|
g 0 READ data/b/a/b|
= READ 
g 0 WATCH /local/domain/$D/data/c|t|
= ERROR EEXIST|
g >3 TRANSACTION_START |
= TRANSACTION_START TX
g 3 SET_PERMS data/b|b$D|r0|b$D|
= SET_PERMS OK|
g 0 WATCH data/b/b/a|t|
= WATCH OK|
! g data/b/b/a|t|
d 0 WATCH /local/domain/$D/data/b|t|
= WATCH OK|
! d /local/domain/3/data/b|t|
d 4 TRANSACTION_END T|
= TRANSACTION_END OK|
d 0 RM /test/a/b|
= RM OK|
g 3 TRANSACTION_END T|
= TRANSACTION_END OK|
! d /local/domain/3/data/b|t|
d >4 TRANSACTION_START |
= TRANSACTION_START TX
d 5 DIRECTORY /local/domain/$D/data/b/a/a|
= ERROR ENOENT|
g >3 TRANSACTION_START |
= TRANSACTION_START TX
d >4 TRANSACTION_START |
= TRANSACTION_START TX
d 5 MKDIR /test/a/c|
= ERROR ENOENT|
g 0 WRITE data/b/c/a|ccccc
= WRITE OK|
! d /local/domain/3/data/b/c/a|t|
g 3 WRITE /local/domain/$D/data/c/a/c|a
= WRITE OK|
g 0 DIRECTORY /test/b/b/b|
= ERROR EACCES|
d 0 RM /local/domain/$D/data/c/b|
= RM OK|
! g data/c/b|t|
g 3 RM data/b|
= RM OK|
d 4 TRANSACTION_END T|
= TRANSACTION_END OK|
d 0 READ /test/a/a/a|
= ERROR ENOENT|
g 2 TRANSACTION_END T|
= TRANSACTION_END OK|
d 5 READ /test/a/a/c|
= ERROR ENOENT|
d 0 READ /local/domain/$D/data/a/b|
= READ cc
g 2 TRANSACTION_END T|
= ERROR ENOENT|
g 3 MKDIR /test/a/c/a|
= ERROR EACCES|
g 1 DIRECTORY data/c/b/a|
= ERROR ENOENT|
g 1 WRITE data/a/b/a|c
= WRITE OK|
d 4 TRANSACTION_END T|
= ERROR ENOENT|
d 0 WRITE /local/domain/$D/data/b/b/c|
! d /local/domain/3/data/b/b/c|t|
= WRITE OK|
g 0 UNWATCH data/c/b|v|
= ERROR ENOENT|
d 5 MKDIR /test/c|
= ERROR ENOENT|
g 1 GET_PERMS data/b/c|
= GET_PERMS n3|
d 0 WRITE /local/domain/$D/data/b/a|ccccc
! d /local/domain/3/data/b/a|t|
= WRITE OK|
g 0 WRITE data|bbb
= WRITE OK|
g 0 WATCH /local/domain/$D/data/b|t|
= WATCH OK|
! g /local/domain/3/data/b|t|
g 0 UNWATCH /local/domain/$D/data/c|v|
= ERROR ENOENT|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
d 0 READ /local/domain/$D/data/a|
= READ 
d 5 TRANSACTION_END T|
= ERROR ENOENT|
g 0 RM /local/domain/$D/data/a/c/c|
= ERROR ENOENT|
g 0 UNWATCH data/b/c|v|
= ERROR ENOENT|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g 0 GET_PERMS data/a|
= GET_PERMS n3|
g 0 WRITE /test/c|bb
= ERROR EACCES|
g 2 SET_PERMS data/c/c|b$D|n$D|
= ERROR ENOENT|
g 1 MKDIR data/a|
= MKDIR OK|
g 0 RM data/c/a/b|
! g data/c/a/b|t|
= RM OK|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g 0 WATCH data/c/c|u|
= WATCH OK|
! g data/c/c|u|
d 4 WRITE /test/c/a|bbbbb
= ERROR ENOENT|
d 0 WRITE /local/domain/$D/data/c|bbbbb
= WRITE OK|
! g data/c|t|
g 0 WRITE /test/c/b|bbbb
= ERROR EACCES|
g 3 WRITE /test/a/b|a
= ERROR EACCES|
d 4 WRITE /test/a/b|bbb
= ERROR ENOENT|
g 3 WRITE data|
= WRITE OK|
g 0 GET_PERMS data/c/c|
= ERROR ENOENT|
d 0 UNWATCH /local/domain/$D/data/b/a|t|
= ERROR ENOENT|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
d 0 WRITE /local/domain/$D/data/b/a|bb
! d /local/domain/3/data/b/a|t|
= WRITE OK|
! g /local/domain/3/data/b/a|t|
d 0 READ /local/domain/$D/data/b/c|
= READ 
g 2 TRANSACTION_END T|
= ERROR ENOENT|
g 2 RM data/b/a|
= ERROR ENOENT|
g 3 RM data/a|
= RM OK|
g 0 WATCH data/c|u|
= WATCH OK|
! g data/c|u|
g 0 WATCH data/b/c|v|
= WATCH OK|
! g data/b/c|v|
g 1 TRANSACTION_END T|
= TRANSACTION_END OK|
d 5 READ /local/domain/$D/data/b/b|
= ERROR ENOENT|
g 3 RM /test/a/c|
= ERROR EACCES|
d 0 WRITE /local/domain/$D/data/c/a/c|aa
= WRITE OK|
! g data/c/a/c|t|
! g data/c/a/c|u|
g 2 WRITE data/a|aaa
= ERROR ENOENT|
g 3 RM /test/a/b|
= ERROR EACCES|
g 2 WRITE data/c|cccc
= ERROR ENOENT|
d 4 RM /local/domain/$D/data/c/a|
= ERROR ENOENT|
g 0 WATCH data|v|
= WATCH OK|
! g data|v|
g 0 UNWATCH data/c/a/a|v|
= ERROR ENOENT|
d 0 WATCH /test/a|u|
= WATCH OK|
! d /test/a|u|
d 0 WRITE /local/domain/$D/data/b|ccccc
! d /local/domain/3/data/b|t|
= WRITE OK|
! g /local/domain/3/data/b|t|
! g data/b|v|
g 0 WRITE /test/c/a|bbb
= ERROR EACCES|
g 3 SET_PERMS data/c/a/a|r0|w0|r0|
= ERROR ENOENT|
g 2 WRITE data/c/a|
= ERROR ENOENT|
g 1 RM data/b/b|
= ERROR ENOENT|
g >2 TRANSACTION_START |
= TRANSACTION_START TX
d 0 UNWATCH /local/domain/$D/data/a/a/a|u|
= ERROR ENOENT|
g 0 WATCH data/a/b|u|
= WATCH OK|
! g data/a/b|u|
g 0 WRITE data/a/b|ccccc
! g data/a/b|v|
! g data/a/b|u|
= WRITE OK|
g 3 WRITE data/b|bbbb
= WRITE OK|
d 4 RM /local/domain/$D/data/b|
= ERROR ENOENT|
g 3 DIRECTORY data|
= DIRECTORY c|b|
d 0 RM /test/a|
! d /test/a|u|
= RM OK|
g 0 WRITE data/a/b/c|aaaa
! g data/a/b/c|v|
! g data/a/b/c|u|
= WRITE OK|
d 5 TRANSACTION_END T|
= ERROR ENOENT|
g 0 WRITE data/b/c|ccccc
! g /local/domain/3/data/b/c|t|
! g data/b/c|v|
= WRITE OK|
! d /local/domain/3/data/b/c|t|
g 0 WATCH data/b|v|
= WATCH OK|
! g data/b|v|
g 3 READ data/c|
= READ bbbbb
g 3 SET_PERMS data/c/c|b$D|w0|n$D|
= ERROR ENOENT|
g 0 WATCH data/c/c|u|
= ERROR EEXIST|
g 3 MKDIR data/b/a|
= MKDIR OK|
d 5 MKDIR /local/domain/$D/data/c/c|
= ERROR ENOENT|
g 0 WRITE data/a|
! g data/a|v|
= WRITE OK|
g 0 WATCH data|u|
= WATCH OK|
! g data|u|
g 3 WRITE data/a/a/a|aaa
= WRITE OK|
g 0 WRITE data/b/a|ccccc
! g /local/domain/3/data/b/a|t|
! g data/b/a|v|
! g data/b/a|u|
= WRITE OK|
! d /local/domain/3/data/b/a|t|
d 0 RM /local/domain/$D/data/b/b|
! d /local/domain/3/data/b/b|t|
= RM OK|
! g /local/domain/3/data/b/b|t|
! g data/b/b|v|
! g data/b/b|u|
g 0 RM data/c/c/b|
= ERROR ENOENT|
d 0 RM /test/b|
= RM OK|
g 2 RM data/b/b|
= RM OK|
g >3 TRANSACTION_START |
= TRANSACTION_START TX
g 0 UNWATCH data/b/c/c|u|
= ERROR ENOENT|
g 3 TRANSACTION_END T|
= TRANSACTION_END OK|
d 0 WRITE /local/domain/$D/data/a/a|bbbbb
= WRITE OK|
! g data/a/a|v|
! g data/a/a|u|
g 2 RM /local/domain/$D/data/b/a|
= RM OK|
g 0 WATCH /local/domain/$D/data/c/b|t|
= WATCH OK|
! g /local/domain/3/data/c/b|t|
g 0 WRITE /test/b/c|a
= ERROR EACCES|
g 2 WRITE data/a/c|aaaa
= WRITE OK|
g 0 DIRECTORY /test/a/b/a|
= ERROR EACCES|
g 0 WATCH data/a/a|u|
= WATCH OK|
! g data/a/a|u|
d 4 WRITE /local/domain/$D/data/b|aa
= ERROR ENOENT|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g 2 TRANSACTION_END T|
! g /local/domain/3/data/b/a|t|
! g data/b/a|v|
! g data/b/a|u|
! g data/a/c|v|
! g data/a/c|u|
= TRANSACTION_END OK|
! d /local/domain/3/data/b/a|t|
g 0 WRITE data/b/b|aa
! g /local/domain/3/data/b/b|t|
! g data/b/b|v|
! g data/b/b|u|
= WRITE OK|
! d /local/domain/3/data/b/b|t|
g >2 TRANSACTION_START |
= TRANSACTION_START TX
g 2 TRANSACTION_END T|
= TRANSACTION_END OK|
g 0 UNWATCH data/b/c/c|u|
= ERROR ENOENT|
g 2 SET_PERMS data/a/b|r$D|r$D|
= ERROR ENOENT|
g 0 WRITE /local/domain/$D/data/a/a|c
! g data/a/a|v|
! g data/a/a|u|
= WRITE OK|
d 0 RM /local/domain/$D/data/c|
= RM OK|
! g data/c|t|
! g data/c|u|
! g data/c|v|
g >3 TRANSACTION_START |
= TRANSACTION_START TX
g 0 WRITE data/b/b/b|bb
! g /local/domain/3/data/b/b/b|t|
! g data/b/b/b|v|
! g data/b/b/b|u|
= WRITE OK|
! d /local/domain/3/data/b/b/b|t|
g 2 TRANSACTION_END F|
= ERROR ENOENT|
g 0 RM data/a|
! g data/a/b|u|
! g data/a/a|v|
! g data/a/a|u|
! g data/a|v|
! g data/a|u|
= RM OK|
g 1 WRITE data/c|
= WRITE OK|
g >3 TRANSACTION_START |
= TRANSACTION_START TX
d 4 DIRECTORY /test/a/b|
= ERROR ENOENT|
g 0 WATCH data/a/c/b|u|
= WATCH OK|
! g data/a/c/b|u|
d 5 MKDIR /local/domain/$D/data/a/a/c|
= ERROR ENOENT|
d 5 MKDIR /local/domain/$D/data/b|
= ERROR ENOENT|
g 3 MKDIR data/a/b/a|
= MKDIR OK|
d 0 DIRECTORY /local/domain/$D/data/b|
= DIRECTORY c|b|
g 2 WRITE data|ccc
= ERROR ENOENT|
d 5 RM /local/domain/$D/data/b/b/a|
= ERROR ENOENT|
d >5 TRANSACTION_START |
= TRANSACTION_START TX
g 0 WRITE /local/domain/$D/data/b/b/a|c
! g data/b/b/a|t|
! g /local/domain/3/data/b/b/a|t|
! g data/b/b/a|v|
! g data/b/b/a|u|
= WRITE OK|
! d /local/domain/3/data/b/b/a|t|
g 0 WRITE data/a|bbbbb
! g data/a|v|
! g data/a|u|
= WRITE OK|
g >3 TRANSACTION_START |
= TRANSACTION_START TX
d 0 WRITE /test/c/a|b
= WRITE OK|
g 0 WRITE data/c/c/b|b
! g data/c/c/b|t|
! g data/c/c/b|u|
! g data/c/c/b|v|
= WRITE OK|
g 0 WATCH /local/domain/$D/data/b/a/c|u|
= WATCH OK|
! g /local/domain/3/data/b/a/c|u|
g >1 TRANSACTION_START |
= TRANSACTION_START TX
g 0 UNWATCH /local/domain/$D/data/a|t|
= ERROR ENOENT|
g >3 TRANSACTION_START |
= TRANSACTION_START TX
g 3 WRITE data/c/a|a
= WRITE OK|
g 2 MKDIR data/b|
= ERROR ENOENT|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
g 1 TRANSACTION_END T|
= TRANSACTION_END OK|
g 2 DIRECTORY data/b/c|
= ERROR ENOENT|
g >3 TRANSACTION_START |
= TRANSACTION_START TX
d 5 WRITE /local/domain/$D/data/b/a/a|bb
= WRITE OK|
g 3 TRANSACTION_END T|
= TRANSACTION_END OK|
d 5 TRANSACTION_END T|
! d /local/domain/3/data/b/a/a|t|
= TRANSACTION_END OK|
! g /local/domain/3/data/b/a/a|t|
! g data/b/a/a|v|
! g data/b/a/a|u|
g 1 MKDIR data/b|
= ERROR ENOENT|
g >3 TRANSACTION_START |
= TRANSACTION_START TX
g 1 TRANSACTION_END F|
= ERROR ENOENT|
d 0 MKDIR /local/domain/$D/data/b/c/c|
! d /local/domain/3/data/b/c/c|t|
= MKDIR OK|
! g /local/domain/3/data/b/c/c|t|
! g data/b/c/c|v|
! g data/b/c/c|u|
g 2 READ data/c|
= ERROR ENOENT|
g 0 WRITE data/c/b/c|
! g data/c/b/c|t|
! g data/c/b/c|u|
! g data/c/b/c|v|
! g /local/domain/3/data/c/b/c|t|
= WRITE OK|
d 5 WRITE /local/domain/$D/data/a/c|bb
= ERROR ENOENT|
g 3 RM data/a/c/b|
= ERROR ENOENT|
g 3 TRANSACTION_END T|
= TRANSACTION_END OK|
g 0 GET_PERMS data/c|
= GET_PERMS n3|
g 3 TRANSACTION_END F|
= ERROR ENOENT|
d 0 MKDIR /local/domain/$D/data/a/b/a|
= MKDIR OK|
! g data/a/b/a|v|
! g data/a/b/a|u|
g 0 WATCH /test/c|t|
= WATCH OK|
! g /test/c|t|
d 0 WRITE /test/b/a|bb
= WRITE OK|
d 4 READ /local/domain/$D/data/c/c/a|
= ERROR ENOENT|
g 0 WATCH data/a|u|
= WATCH OK|
! g data/a|u|
g >2 TRANSACTION_START |
= TRANSACTION_START TX
g 0 READ data/c/c|
= READ 
g 3 WRITE data/b|aaa
= ERROR ENOENT|
g 1 TRANSACTION_END F|
= ERROR ENOENT|
g 2 DIRECTORY data/c/a|
= ERROR ENOENT|
g 3 DIRECTORY /test/b/b/b|
= ERROR ENOENT|
d 0 WRITE /local/domain/$D/data/c|aa
= WRITE OK|
! g data/c|t|
! g data/c|u|
! g data/c|v|
g 0 WRITE data/b|
! g /local/domain/3/data/b|t|
! g data/b|v|
! g data/b|u|
= WRITE OK|
! d /local/domain/3/data/b|t|
d 0 WATCH /test/c/a/a|u|
= WATCH OK|
! d /test/c/a/a|u|
g 0 WRITE data/c|bbb
! g data/c|t|
! g data/c|u|
! g data/c|v|
= WRITE OK|
d 5 TRANSACTION_END T|
= ERROR ENOENT|
g 3 TRANSACTION_END T|
= ERROR ENOENT|
g 3 WRITE /test/a/c|ccc
= ERROR ENOENT|
d 4 READ /local/domain/$D/data/c|
= ERROR ENOENT|
g 0 DIRECTORY data/b/c|
= DIRECTORY a|c|
d 0 WRITE /local/domain/$D/data/c/c|bb
= WRITE OK|
! g data/c/c|t|
! g data/c/c|u|
! g data/c/c|v|
g 2 TRANSACTION_END F|
= TRANSACTION_END OK|
d >4 TRANSACTION_START |
= TRANSACTION_START TX
g 2 RM /test/a/a/a|
= ERROR ENOENT|
g 2 MKDIR /local/domain/$D/data/c/c|
= ERROR ENOENT|
d 4 TRANSACTION_END T|
= TRANSACTION_END OK|
g 3 WRITE data/b/a|cc
= ERROR ENOENT|
g 1 DIRECTORY data/b/c|
= ERROR ENOENT|
g 0 MKDIR data/c/b/a|
! g data/c/b/a|t|
! g data/c/b/a|u|
! g data/c/b/a|v|
! g /local/domain/3/data/c/b/a|t|
= MKDIR OK|
g 2 WRITE data/b/b/a|aaa
= ERROR ENOENT|
d 5 TRANSACTION_END T|
= ERROR ENOENT|
g 3 TRANSACTION_END T|
= ERROR ENOENT|
g 0 WATCH data/b/c/b|t|
= WATCH OK|
! g data/b/c/b|t|
g 2 READ data/c|
= ERROR ENOENT|
g 3 WRITE data/a/c|ccccc
= ERROR ENOENT|
d 0 WRITE /test/b/a|
= WRITE OK|
g 3 RM data/a/a/b|
= ERROR ENOENT|
g 0 WRITE data/b|bb
! g /local/domain/3/data/b|t|
! g data/b|v|
! g data/b|u|
= WRITE OK|
! d /local/domain/3/data/b|t|
g 0 WATCH data/c|t|
= ERROR EEXIST|
g >2 TRANSACTION_START |
= TRANSACTION_START TX
d 0 SET_PERMS /test/a|w0|r0|b$D|
= ERROR ENOENT|
d 0 READ /local/domain/$D/data/a/c|
= ERROR ENOENT|
g >3 TRANSACTION_START |
= TRANSACTION_START TX
g 0 MKDIR /local/domain/$D/data/c/b|
= MKDIR OK|
g 0 WATCH data/a|u|
= ERROR EEXIST|
g >3 TRANSACTION_START |
= ERROR ENOSPC|
g 0 WRITE data/b|bb
! g /local/domain/3/data/b|t|
! g data/b|v|
! g data/b|u|
= WRITE OK|
! d /local/domain/3/data/b|t|
g 0 READ data/c|
= READ bbb
d 5 MKDIR /local/domain/$D/data/a/c/a|
= ERROR ENOENT|
g 3 TRANSACTION_END T|
= ERROR ENOENT|
g >1 TRANSACTION_START |
= ERROR ENOSPC|
d 5 TRANSACTION_END T|
= ERROR ENOENT|
d 0 WRITE /test/b/c|ccccc
= WRITE OK|
g 0 GET_PERMS /local/domain/$D/data/b/a|
= GET_PERMS b3|r0|b3|
g 0 WATCH data/c|v|
= WATCH OK|
! g data/c|v|
d 4 DIRECTORY /test/b/b|
= ERROR ENOENT|
g 0 WRITE data/a/c|
! g data/a/c|v|
! g data/a/c|u|
= WRITE OK|
g >3 TRANSACTION_START |
= ERROR ENOSPC|
g 1 RM data/a/b|
! g data/a/b|v|
! g data/a/b|u|
= RM OK|
g 0 WRITE /test/a|c
= ERROR EACCES|
g >3 TRANSACTION_START |
= ERROR ENOSPC|
g 2 READ data/a/c|
= READ 
g >3 TRANSACTION_START |
= ERROR ENOSPC|
g 0 GET_PERMS data/b/c/c|
= GET_PERMS b3|r0|b3|
g 2 TRANSACTION_END T|
= TRANSACTION_END OK|
g 3 MKDIR data/a/b/c|
! g data/a/b/c|v|
! g data/a/b/c|u|
= MKDIR OK|
d 0 WRITE /local/domain/$D/data/b|bb
! d /local/domain/3/data/b|t|
= WRITE OK|
! g /local/domain/3/data/b|t|
! g data/b|v|
! g data/b|u|
g >2 TRANSACTION_START |
= TRANSACTION_START TX
g 2 READ /test/b/a|
= ERROR EACCES|
g 0 UNWATCH data/a/c/b|t|
= ERROR ENOENT|
g 0 WRITE /test/a/b/a|bb
= ERROR EACCES|
g 0 WATCH data/c|v|
= ERROR EEXIST|
g 0 UNWATCH data/b|v|
= UNWATCH OK|
d 5 READ /local/domain/$D/data/c/b/c|
= ERROR ENOENT|
d 4 WRITE /local/domain/$D/data/c/c|bbb
= ERROR ENOENT|
d 0 DIRECTORY /local/domain/$D/data/a/a|
= ERROR ENOENT|
g 3 MKDIR data/b|
= MKDIR OK|
g 0 SET_PERMS /local/domain/$D/data/a|b0|r0|
= ERROR EPERM|
g 1 SET_PERMS /test/c|b$D|n$D|w0|
= ERROR EACCES|
g 1 MKDIR /local/domain/$D/data/a/c|
= MKDIR OK|
g 1 SET_PERMS data/b/b|n$D|r$D|b$D|
! g /local/domain/3/data/b/b|t|
! g data/b/b|v|
! g data/b/b|u|
= SET_PERMS OK|
! d /local/domain/3/data/b/b|t|
g 0 WRITE /local/domain/$D/data/b|ccc
! g /local/domain/3/data/b|t|
! g data/b|v|
! g data/b|u|
= WRITE OK|
! d /local/domain/3/data/b|t|
d 0 READ /test/a/b|
= ERROR ENOENT|
d 5 TRANSACTION_END T|
= ERROR ENOENT|
g 0 READ data/c/b/a|
= READ 
g 3 WRITE /test/b|c
= ERROR EACCES|
g 2 TRANSACTION_END T|
= TRANSACTION_END OK|
g 3 WRITE data/a|cc
! g data/a|v|
! g data/a|u|
= WRITE OK|
g 0 WRITE data/a/b|ccc
! g data/a/b|v|
! g data/a/b|u|
= WRITE OK|
d 0 READ /test/b|
= READ 
g 3 WRITE data/a/a/c|bbb
! g data/a/a/c|v|
! g data/a/a/c|u|
= WRITE OK|
g 1 WRITE data/b/b/c|cc
! g /local/domain/3/data/b/b/c|t|
! g data/b/b/c|v|
! g data/b/b/c|u|
= WRITE OK|
! d /local/domain/3/data/b/b/c|t|
g 3 WRITE data/a|aaaaa
! g data/a|v|
! g data/a|u|
= WRITE OK|
g 1 GET_PERMS data/a/b|
= GET_PERMS n3|
d 4 TRANSACTION_END T|
= ERROR ENOENT|
g 0 GET_PERMS data/b/b|
= GET_PERMS n3|r3|b3|
d 5 TRANSACTION_END T|
= ERROR ENOENT|
g 1 TRANSACTION_END T|
= ERROR ENOENT|
g 3 READ /local/domain/$D/data/c/a|
= ERROR ENOENT|
g 1 TRANSACTION_END T|
= ERROR ENOENT|
g 0 UNWATCH data/b/c|u|
= ERROR ENOENT|
g 0 DIRECTORY data/a/c|
= DIRECTORY 
g 2 RM /test/a/a|
= ERROR ENOENT|
d 0 READ /local/domain/$D/data/b|
= READ ccc
g 3 WRITE data/a/b/b|bbbb
! g data/a/b/b|v|
! g data/a/b/b|u|
= WRITE OK|
g 3 WRITE data|aaa
! g data|v|
! g data|u|
= WRITE OK|
g 0 UNWATCH /local/domain/$D/data/c/b|v|
= ERROR ENOENT|
d >4 TRANSACTION_START |
= TRANSACTION_START TX
d >5 TRANSACTION_START |
= TRANSACTION_START TX
d 4 DIRECTORY /local/domain/$D/data/c/b/b|
= ERROR ENOENT|
g 0 RM data/b|
! g data/b/c|v|
! g data/b/b/a|t|
! g /local/domain/3/data/b|t|
! g data/b|v|
! g data/b|u|
= RM OK|
! d /local/domain/3/data/b|t|
g 3 READ data/c/a/a|
= ERROR ENOENT|
g 1 SET_PERMS /local/domain/$D/data/a/b/a|n$D|
= ERROR ENOENT|
d 0 RM /test/a/a|
= ERROR ENOENT|
d 0 GET_PERMS /local/domain/$D/data/a/c/a|
= ERROR ENOENT|
g 1 TRANSACTION_END F|
= ERROR ENOENT|
g 3 WRITE /test/a/b/b|aaaaa
= ERROR EACCES|
g 3 WRITE /test/b/c|b
= ERROR EACCES|
d 5 RM /local/domain/$D/data/c/a/b|
= ERROR ENOENT|
g 0 WRITE data/a/a/a|cc
! g data/a/a/a|v|
! g data/a/a/a|u|
= WRITE OK|
g 3 TRANSACTION_END F|
= ERROR ENOENT|
g 2 MKDIR data/a/a/a|
= ERROR ENOENT|
g 1 DIRECTORY data/a/a/a|
= DIRECTORY 
g 0 MKDIR data/c/b|
= MKDIR OK|
d 5 WRITE /local/domain/$D/data/b|aaaa
= WRITE OK|
d 4 TRANSACTION_END T|
= TRANSACTION_END OK|
g 2 MKDIR data/b/a|
= ERROR ENOENT|
d 0 UNWATCH /test/c|t|
= ERROR ENOENT|
g 3 SET_PERMS data/c/a/c|r$D|
= ERROR ENOENT|
d 5 WRITE /test/a/c/a|aaaaa
= WRITE OK|
g 1 SET_PERMS data|b$D|r0|
! g data|v|
! g data|u|
= SET_PERMS OK|
g 1 READ /test/b/c|
= ERROR EACCES|
g 0 WATCH data/b|u|
= WATCH OK|
! g data/b|u|
g 1 MKDIR data/b|
! g /local/domain/3/data/b|t|
! g data/b|v|
! g data/b|u|
= MKDIR OK|
! d /local/domain/3/data/b|t|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
d 4 TRANSACTION_END T|
= ERROR ENOENT|
g 1 TRANSACTION_END T|
= ERROR ENOENT|
g 1 WRITE /local/domain/$D/data/b/a|cc
! g /local/domain/3/data/b/a|t|
! g data/b/a|v|
! g data/b/a|u|
= WRITE OK|
! d /local/domain/3/data/b/a|t|
g 1 TRANSACTION_END F|
= ERROR ENOENT|
d 4 DIRECTORY /local/domain/$D/data/a/a/a|
= ERROR ENOENT|
d 5 RM /local/domain/$D/data/a/b/c|
= RM OK|
d 5 SET_PERMS /local/domain/$D/data/a|r0|
= SET_PERMS OK|
g 2 TRANSACTION_END F|
= ERROR ENOENT|
g 0 WATCH /test/a|v|
= WATCH OK|
! g /test/a|v|
g >3 TRANSACTION_START |
= TRANSACTION_START TX
d 0 WRITE /local/domain/$D/data/a/c|
= WRITE OK|
! g data/a/c|v|
! g data/a/c|u|
g 1 SET_PERMS data/b/b/b|b$D|
= ERROR ENOENT|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
d 0 WATCH /test/b/b/c|t|
= WATCH OK|
! d /test/b/b/c|t|
g 1 TRANSACTION_END F|
= ERROR ENOENT|
g 0 SET_PERMS data/c/b|r$D|
! g data/c/b|t|
! g data/c/b|u|
! g data/c/b|v|
! g /local/domain/3/data/c/b|t|
= SET_PERMS OK|
g >2 TRANSACTION_START |
= ERROR ENOSPC|
g 2 WRITE data/b/c/c|aaa
! g /local/domain/3/data/b/c/c|t|
! g data/b/c/c|v|
! g data/b/c/c|u|
= WRITE OK|
! d /local/domain/3/data/b/c/c|t|
g 0 READ /local/domain/$D/data/b|
= READ 
d 0 WRITE /local/domain/$D/data/a/a|
= WRITE OK|
! g data/a/a|v|
! g data/a/a|u|
g 0 WATCH /test/c|u|
= WATCH OK|
! g /test/c|u|
d >4 TRANSACTION_START |
= TRANSACTION_START TX
g 0 DIRECTORY data/b/c|
= DIRECTORY c|
d 5 READ /local/domain/$D/data/c/c/b|
= READ b
g 3 MKDIR data/a/c/a|
= MKDIR OK|
d 5 TRANSACTION_END T|
= ERROR EAGAIN|
d 0 GET_PERMS /local/domain/$D/data/c|
= GET_PERMS n3|
g 0 RM /local/domain/$D/data/c/a|
= RM OK|
d 4 WRITE /local/domain/$D/data/a/c|aaaaa
= WRITE OK|
g 1 WRITE data/b|
! g /local/domain/3/data/b|t|
! g data/b|v|
! g data/b|u|
= WRITE OK|
! d /local/domain/3/data/b|t|
g >1 TRANSACTION_START |
= ERROR ENOSPC|
g 0 WATCH data/b/c/c|u|
= WATCH OK|
! g data/b/c/c|u|
g 2 WRITE data/a|ccc
! g data/a|v|
! g data/a|u|
= WRITE OK|
g 3 TRANSACTION_END F|
= TRANSACTION_END OK|
g 0 WRITE /local/domain/$D/data/a|
! g data/a|v|
! g data/a|u|
= WRITE OK|
d 0 WATCH /local/domain/$D/data/b/b|u|
= WATCH OK|
! d /local/domain/3/data/b/b|u|
d 0 GET_PERMS /test/c/c/c|
= ERROR ENOENT|
g 3 WRITE data/c|ccccc
= ERROR ENOENT|
g 0 WRITE data/a/b|ccc
! g data/a/b|v|
! g data/a/b|u|
= WRITE OK|
g 2 DIRECTORY data/c/c/b|
= DIRECTORY 
d 0 MKDIR /local/domain/$D/data/a/a|
= MKDIR OK|
g 0 WRITE data/c/c|bbbbb
! g data/c/c|t|
! g data/c/c|u|
! g data/c/c|v|
= WRITE OK|
d >4 TRANSACTION_START |
= TRANSACTION_START TX
g 0 RM /local/domain/$D/data/a|
! g data/a/b|u|
! g data/a/a|v|
! g data/a/a|u|
! g data/a|v|
! g data/a|u|
= RM OK|
g >3 TRANSACTION_START |
= TRANSACTION_START TX
g >3 TRANSACTION_START |
= ERROR ENOSPC|
d >4 TRANSACTION_START |
= TRANSACTION_START TX
g 3 SET_PERMS data/a/a|n$D|w0|
= ERROR ENOENT|
g >2 TRANSACTION_START |
= ERROR ENOSPC|
g 0 UNWATCH data/c/c/c|u|
= ERROR ENOENT|
g 0 WRITE data/a/b/c|cc
! g data/a/b/c|v|
! g data/a/b/c|u|
= WRITE OK|
d 4 WRITE /local/domain/$D/data/b/a|aaaaa
= WRITE OK|
g 2 WRITE data/b/a/b|b
! g /local/domain/3/data/b/a/b|t|
! g data/b/a/b|v|
! g data/b/a/b|u|
= WRITE OK|
! d /local/domain/3/data/b/a/b|t|
g 0 WATCH data/c/c|v|
= WATCH OK|
! g data/c/c|v|
d 0 WATCH /local/domain/$D/data/a|t|
= WATCH OK|
! d /local/domain/3/data/a|t|
d 5 RM /local/domain/$D/data/b/c|
= ERROR ENOENT|
g 0 WATCH data/c/c/c|u|
= WATCH OK|
! g data/c/c/c|u|
g 3 READ data/b/c/c|
= READ aaa
g 1 TRANSACTION_END T|
= ERROR ENOENT|
g 2 RM data/b/a/b|
! g /local/domain/3/data/b/a/b|t|
! g data/b/a/b|v|
! g data/b/a/b|u|
= RM OK|
! d /local/domain/3/data/b/a/b|t|
d 0 DIRECTORY /local/domain/$D/data/a/b|
= DIRECTORY c|
g 2 WRITE data/b/c/b|aaa
! g /local/domain/3/data/b/c/b|t|
! g data/b/c/b|v|
! g data/b/c/b|u|
! g data/b/c/b|t|
= WRITE OK|
! d /local/domain/3/data/b/c/b|t|
g 0 WRITE data/a/c|bbbbb
! g data/a/c|v|
! g data/a/c|u|
= WRITE OK|
! d /local/domain/3/data/a/c|t|
g 0 WATCH data/c/c|v|
= ERROR EEXIST|
g 3 DIRECTORY data/a/c|
= DIRECTORY 
g 1 WRITE data/c/b/b|bbb
! g data/c/b/b|t|
! g data/c/b/b|u|
! g data/c/b/b|v|
! g /local/domain/3/data/c/b/b|t|
= WRITE OK|
g 3 TRANSACTION_END T|
= ERROR ENOENT|
d >4 TRANSACTION_START |
= TRANSACTION_START TX
d 0 WATCH /test/b|u|
= WATCH OK|
! d /test/b|u|
g >1 TRANSACTION_START |
= ERROR ENOSPC|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
g 1 RM data/b/c|
! g data/b/c/c|u|
! g data/b/c/b|t|
! g /local/domain/3/data/b/c|t|
! g data/b/c|v|
! g data/b/c|u|
= RM OK|
! d /local/domain/3/data/b/c|t|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
g >2 TRANSACTION_START |
= ERROR ENOSPC|
g 0 READ data/a/a|
= ERROR ENOENT|
g 1 WRITE data/b/a|bbbb
! g /local/domain/3/data/b/a|t|
! g data/b/a|v|
! g data/b/a|u|
= WRITE OK|
! d /local/domain/3/data/b/a|t|
d 0 MKDIR /test/a|
! d /test/a|u|
= MKDIR OK|
g 0 RM /local/domain/$D/data/c/c/a|
= RM OK|
d 5 SET_PERMS /local/domain/$D/data/c|r0|w0|b$D|
= ERROR ENOENT|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
g 3 WRITE data/a/c/b|c
! g data/a/c/b|v|
! g data/a/c/b|u|
= WRITE OK|
! d /local/domain/3/data/a/c/b|t|
g 3 MKDIR data/a/b/b|
! g data/a/b/b|v|
! g data/a/b/b|u|
= MKDIR OK|
! d /local/domain/3/data/a/b/b|t|
g 2 RM data/a/b|
! g data/a/b|v|
! g data/a/b|u|
= RM OK|
! d /local/domain/3/data/a/b|t|
d 0 UNWATCH /test/a/b/a|v|
= ERROR ENOENT|
g 0 WATCH data/a/c|u|
= WATCH OK|
! g data/a/c|u|
g 0 WRITE /local/domain/$D/data/c/a/a|
! g data/c/a/a|t|
! g data/c/a/a|u|
! g data/c/a/a|v|
= WRITE OK|
g 0 WRITE /local/domain/$D/data/b/a|ccc
! g /local/domain/3/data/b/a|t|
! g data/b/a|v|
! g data/b/a|u|
= WRITE OK|
! d /local/domain/3/data/b/a|t|
g 3 MKDIR data/c/b|
= MKDIR OK|
d 4 TRANSACTION_END T|
= TRANSACTION_END OK|
g 3 WRITE data/c/c|aaaa
! g data/c/c|t|
! g data/c/c|u|
! g data/c/c|v|
= WRITE OK|
g 1 TRANSACTION_END T|
= ERROR ENOENT|
g 0 WATCH data/c/a|u|
= WATCH OK|
! g data/c/a|u|
g 1 SET_PERMS /local/domain/$D/data/c/a|w0|
= ERROR EPERM|
g 2 GET_PERMS data/b/c|
= ERROR ENOENT|
g 0 WATCH /local/domain/$D/data/b/b/c|t|
= WATCH OK|
! g /local/domain/3/data/b/b/c|t|
d 4 TRANSACTION_END T|
= ERROR ENOENT|
g 0 WRITE data/a/a/c|c
! g data/a/a/c|v|
! g data/a/a/c|u|
= WRITE OK|
! d /local/domain/3/data/a/a/c|t|
d 0 UNWATCH /local/domain/$D/data/a/b/c|u|
= ERROR ENOENT|
g 1 TRANSACTION_END T|
= ERROR ENOENT|
g 3 WRITE data/a/c/c|aaaaa
! g data/a/c/c|v|
! g data/a/c/c|u|
= WRITE OK|
! d /local/domain/3/data/a/c/c|t|
g 1 SET_PERMS /local/domain/$D/data/b|b$D|w0|n$D|
! g /local/domain/3/data/b|t|
! g data/b|v|
! g data/b|u|
= SET_PERMS OK|
! d /local/domain/3/data/b|t|
g 2 WRITE data/c/c/a|cc
! g data/c/c/a|t|
! g data/c/c/a|u|
! g data/c/c/a|v|
= WRITE OK|
g 3 RM data/b/b|
= RM OK|
d 0 DIRECTORY /local/domain/$D/data/a|
= DIRECTORY c|a|
d 0 DIRECTORY /local/domain/$D/data/b/b/a|
= ERROR ENOENT|
g 1 RM /local/domain/$D/data/a/b|
= RM OK|
g 0 RM /test/b|
= ERROR EACCES|
g 0 UNWATCH data/a|v|
= ERROR ENOENT|
g 1 WRITE data/a/a|c
! g data/a/a|v|
! g data/a/a|u|
= WRITE OK|
! d /local/domain/3/data/a/a|t|
g 0 WRITE data/c/a|bb
! g data/c/a|t|
! g data/c/a|u|
! g data/c/a|v|
= WRITE OK|
g 3 TRANSACTION_END F|
= ERROR ENOENT|
g 2 SET_PERMS data/b/c|r$D|w0|
= ERROR ENOENT|
d 4 READ /local/domain/$D/data/c|
= ERROR ENOENT|
d 0 WATCH /local/domain/$D/data/b/b|u|
= ERROR EEXIST|
g 0 WATCH /test/c/c/c|u|
= WATCH OK|
! g /test/c/c/c|u|
g >1 TRANSACTION_START |
= ERROR ENOSPC|
g 0 WRITE /test/c/c/b|aa
= ERROR EACCES|
d 4 READ /local/domain/$D/data/a|
= ERROR ENOENT|
d 0 MKDIR /local/domain/$D/data/c/b/b|
= MKDIR OK|
g 0 UNWATCH /test/c/b|u|
= ERROR ENOENT|
g 0 WRITE /local/domain/$D/data/c/a|cc
! g data/c/a|t|
! g data/c/a|u|
! g data/c/a|v|
= WRITE OK|
d 4 READ /test/b|
= ERROR ENOENT|
g 2 RM data/c/c/a|
! g data/c/c/a|t|
! g data/c/c/a|u|
! g data/c/c/a|v|
= RM OK|
g 0 GET_PERMS /local/domain/$D/data/c|
= GET_PERMS n3|
g 3 MKDIR data/a/a/b|
! g data/a/a/b|v|
! g data/a/a/b|u|
= MKDIR OK|
! d /local/domain/3/data/a/a/b|t|
g 2 DIRECTORY data/b|
= DIRECTORY a|
g 0 WATCH data/b|v|
= WATCH OK|
! g data/b|v|
d 0 READ /local/domain/$D/data/c|
= READ bbb
d 5 TRANSACTION_END T|
= ERROR ENOENT|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
d 0 WRITE /local/domain/$D/data/a/a|c
! d /local/domain/3/data/a/a|t|
= WRITE OK|
! g data/a/a|v|
! g data/a/a|u|
g 2 MKDIR data/a/c/b|
= MKDIR OK|
d 5 DIRECTORY /local/domain/$D/data/a/a/b|
= ERROR ENOENT|
g 1 DIRECTORY data/b|
= DIRECTORY a|
g 2 RM data/b|
! g /local/domain/3/data/b|t|
! g data/b|v|
! g data/b|u|
= RM OK|
! d /local/domain/3/data/b|t|
g 0 WATCH data/c/a|u|
= ERROR EEXIST|
g 3 GET_PERMS data/a|
= GET_PERMS b3|r0|
g 0 WRITE data/b/a/a|aaa
! g /local/domain/3/data/b/a/a|t|
! g data/b/a/a|v|
! g data/b/a/a|u|
= WRITE OK|
! d /local/domain/3/data/b/a/a|t|
g 1 RM data/a/b/b|
= ERROR ENOENT|
g 3 SET_PERMS /test/c/c/c|r$D|r$D|
= ERROR EACCES|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
g 3 DIRECTORY data/b/b/a|
= ERROR ENOENT|
g 3 DIRECTORY data/c/a/b|
= ERROR ENOENT|
g 0 WRITE data/b/c/a|cccc
! g /local/domain/3/data/b/c/a|t|
! g data/b/c/a|v|
! g data/b/c/a|u|
= WRITE OK|
! d /local/domain/3/data/b/c/a|t|
g 0 UNWATCH data/b/b/a|t|
= UNWATCH OK|
g 1 READ data/a/b/a|
= ERROR ENOENT|
g 2 WRITE /local/domain/$D/data/b/a/b|aaaaa
! g /local/domain/3/data/b/a/b|t|
! g data/b/a/b|v|
! g data/b/a/b|u|
= WRITE OK|
! d /local/domain/3/data/b/a/b|t|
g 0 DIRECTORY data/a/a|
= DIRECTORY c|b|
d 5 SET_PERMS /test/a|n0|r$D|
= ERROR ENOENT|
g 3 WRITE data/a/a|ccc
! g data/a/a|v|
! g data/a/a|u|
= WRITE OK|
! d /local/domain/3/data/a/a|t|
g 1 READ /test/b|
= ERROR EACCES|
g 1 WRITE data/a/a|b
! g data/a/a|v|
! g data/a/a|u|
= WRITE OK|
! d /local/domain/3/data/a/a|t|
g 3 GET_PERMS data/b/c|
= GET_PERMS b3|r0|
d >4 TRANSACTION_START |
= TRANSACTION_START TX
d 5 SET_PERMS /local/domain/$D/data/c/c|b0|n$D|
= ERROR ENOENT|
g 0 UNWATCH data/a/b|v|
= ERROR ENOENT|
g 0 MKDIR data/b/b/a|
! g /local/domain/3/data/b/b/a|t|
! g data/b/b/a|v|
! g data/b/b/a|u|
= MKDIR OK|
! d /local/domain/3/data/b/b/a|t|
! d /local/domain/3/data/b/b/a|u|
g >2 TRANSACTION_START |
= ERROR ENOSPC|
d 5 RM /local/domain/$D/data/b/b|
= ERROR ENOENT|
g 2 GET_PERMS /local/domain/$D/data/c/c/b|
= GET_PERMS n3|
d 4 DIRECTORY /local/domain/$D/data/b|
= DIRECTORY a|c|b|
g 0 WATCH data/c/a|u|
= ERROR EEXIST|
g 1 WRITE data/c|
! g data/c|t|
! g data/c|u|
! g data/c|v|
= WRITE OK|
d 4 GET_PERMS /local/domain/$D/data/a/c|
= GET_PERMS b3|r0|
g 0 WATCH data/c/c|t|
= WATCH OK|
! g data/c/c|t|
g >2 TRANSACTION_START |
= ERROR ENOSPC|
g 0 SET_PERMS data/c/a/b|r0|r$D|
= ERROR ENOENT|
g 0 WATCH data/c/b/c|v|
= WATCH OK|
! g data/c/b/c|v|
g 1 WRITE data/b/a|aaaaa
! g /local/domain/3/data/b/a|t|
! g data/b/a|v|
! g data/b/a|u|
= WRITE OK|
! d /local/domain/3/data/b/a|t|
d 0 RM /local/domain/$D/data/a|
! d /local/domain/3/data/a|t|
= RM OK|
! g data/a/c/b|u|
! g data/a/c|u|
! g data/a/a|v|
! g data/a/a|u|
! g data/a|v|
! g data/a|u|
d 0 DIRECTORY /test/a|
= DIRECTORY 
g 0 WRITE data/b/b|a
! g /local/domain/3/data/b/b|t|
! g data/b/b|v|
! g data/b/b|u|
= WRITE OK|
! d /local/domain/3/data/b/b|t|
! d /local/domain/3/data/b/b|u|
g 0 READ data/b/a/c|
= ERROR ENOENT|
g 2 WRITE data/c/c/a|aaaa
! g data/c/c/a|t|
! g data/c/c/a|u|
! g data/c/c/a|v|
= WRITE OK|
d 5 DIRECTORY /local/domain/$D/data/c/b|
= ERROR ENOENT|
d 5 TRANSACTION_END T|
= ERROR ENOENT|
g 0 RM /test/b|
= ERROR EACCES|
g 3 WRITE /local/domain/$D/data/b/a|c
! g /local/domain/3/data/b/a|t|
! g data/b/a|v|
! g data/b/a|u|
= WRITE OK|
! d /local/domain/3/data/b/a|t|
g 2 WRITE data/a/c/b|cc
! g data/a/c/b|v|
! g data/a/c/b|u|
= WRITE OK|
! d /local/domain/3/data/a/c/b|t|
d 0 SET_PERMS /local/domain/$D/data/b/a|r0|w0|
! d /local/domain/3/data/b/a|t|
= SET_PERMS OK|
! g /local/domain/3/data/b/a|t|
! g data/b/a|v|
! g data/b/a|u|
d 0 RM /local/domain/$D/data/c|
= RM OK|
! g data/c/c|u|
! g data/c/c|v|
! g data/c/c|t|
! g data/c/b/c|v|
! g /local/domain/3/data/c/b|t|
! g data/c/a|u|
! g data/c|t|
! g data/c|u|
! g data/c|v|
d 0 WATCH /local/domain/$D/data/c/a/c|u|
= WATCH OK|
! d /local/domain/3/data/c/a/c|u|
d 0 WRITE /local/domain/$D/data/c/a/a|cc
= WRITE OK|
! g data/c/a/a|t|
! g data/c/a/a|u|
! g data/c/a/a|v|
g 0 WATCH data/b|v|
= ERROR EEXIST|
d 0 WRITE /local/domain/$D/data/b/c/c|c
! d /local/domain/3/data/b/c/c|t|
= WRITE OK|
! g /local/domain/3/data/b/c/c|t|
! g data/b/c/c|v|
! g data/b/c/c|u|
d 5 WRITE /local/domain/$D/data/a/a/b|ccccc
= ERROR ENOENT|
g 0 WRITE /local/domain/$D/data/c|bbb
! g data/c|t|
! g data/c|u|
! g data/c|v|
= WRITE OK|
g 0 RM data/a/b|
= RM OK|
g 2 SET_PERMS data/a|r$D|b$D|
! g data/a|v|
! g data/a|u|
= SET_PERMS OK|
! d /local/domain/3/data/a|t|
g 0 WRITE /local/domain/$D/data/b/c|c
! g /local/domain/3/data/b/c|t|
! g data/b/c|v|
! g data/b/c|u|
= WRITE OK|
! d /local/domain/3/data/b/c|t|
g 2 MKDIR data/b/a|
= ERROR EACCES|
g 3 WRITE /test/c/a|ccc
= ERROR EACCES|
d >4 TRANSACTION_START |
= TRANSACTION_START TX
d 0 SET_PERMS /local/domain/$D/data/b/b/a|r0|
! d /local/domain/3/data/b/b/a|t|
! d /local/domain/3/data/b/b/a|u|
= SET_PERMS OK|
! g /local/domain/3/data/b/b/a|t|
! g data/b/b/a|v|
! g data/b/b/a|u|
d 0 WRITE /test/b|c
! d /test/b|u|
= WRITE OK|
g 2 WRITE data/c/b|bb
! g data/c/b|t|
! g data/c/b|u|
! g data/c/b|v|
! g /local/domain/3/data/c/b|t|
= WRITE OK|
g 3 SET_PERMS /test/b|n$D|r0|b$D|
= ERROR EACCES|
g 3 SET_PERMS data/c/b/b|b$D|n$D|w0|
= ERROR ENOENT|
d 0 MKDIR /local/domain/$D/data/b/c/c|
= MKDIR OK|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
g 1 WRITE data/a/a|b
! g data/a/a|v|
! g data/a/a|u|
= WRITE OK|
! d /local/domain/3/data/a/a|t|
g 0 WATCH data/b/c|u|
= WATCH OK|
! g data/b/c|u|
g 3 TRANSACTION_END F|
= ERROR ENOENT|
g 0 RM data/b|
! g data/b/c/c|u|
! g data/b/c|v|
! g data/b/c|u|
! g /local/domain/3/data/b|t|
! g data/b|v|
! g data/b|u|
= RM OK|
! d /local/domain/3/data/b/b|u|
! d /local/domain/3/data/b|t|
g >2 TRANSACTION_START |
= ERROR ENOSPC|
g 1 TRANSACTION_END T|
= ERROR ENOENT|
g 3 TRANSACTION_END T|
= ERROR ENOENT|
g 0 MKDIR /local/domain/$D/data/b|
! g /local/domain/3/data/b|t|
! g data/b|v|
! g data/b|u|
= MKDIR OK|
! d /local/domain/3/data/b|t|
g 1 WRITE data/c/c/b|ccccc
! g data/c/c/b|t|
! g data/c/c/b|u|
! g data/c/c/b|v|
= WRITE OK|
d 5 READ /local/domain/$D/data/a/b/b|
= ERROR ENOENT|
g 1 GET_PERMS data/a|
= GET_PERMS r3|b3|
g 0 WATCH data/b/a/c|t|
= WATCH OK|
! g data/b/a/c|t|
g 1 WRITE /test/b|c
= ERROR EACCES|
g 2 WRITE data/a/c/c|aaaaa
! g data/a/c/c|v|
! g data/a/c/c|u|
= WRITE OK|
! d /local/domain/3/data/a/c/c|t|
d 5 TRANSACTION_END T|
= ERROR ENOENT|
g 0 READ data/a|
= READ 
d 0 WATCH /test/b/a|u|
= WATCH OK|
! d /test/b/a|u|
d >4 TRANSACTION_START |
= TRANSACTION_START TX
d 5 TRANSACTION_END T|
= ERROR ENOENT|
g 0 WRITE data/a/c/c|ccccc
! g data/a/c/c|v|
! g data/a/c/c|u|
= WRITE OK|
! d /local/domain/3/data/a/c/c|t|
g >2 TRANSACTION_START |
= ERROR ENOSPC|
g 0 RM data/a/c/a|
= RM OK|
g 1 READ /test/a/a|
= ERROR EACCES|
g 3 WRITE /local/domain/$D/data/b|aaa
! g /local/domain/3/data/b|t|
! g data/b|v|
! g data/b|u|
= WRITE OK|
! d /local/domain/3/data/b|t|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
g 2 RM data/b/c|
= RM OK|
g 2 WRITE data/c/c|
! g data/c/c|t|
! g data/c/c|u|
! g data/c/c|v|
= WRITE OK|
g 1 TRANSACTION_END F|
= ERROR ENOENT|
g 2 WRITE data/a/a|
! g data/a/a|v|
! g data/a/a|u|
= WRITE OK|
! d /local/domain/3/data/a/a|t|
g 0 DIRECTORY data/b|
= DIRECTORY 
d 4 READ /test/a/c/c|
= ERROR ENOENT|
d 0 RM /local/domain/$D/data/c/b/b|
= RM OK|
g 2 WRITE data/a|aaa
! g data/a|v|
! g data/a|u|
= WRITE OK|
! d /local/domain/3/data/a|t|
d 5 WRITE /local/domain/$D/data/c|cccc
= ERROR ENOENT|
d >4 TRANSACTION_START |
= TRANSACTION_START TX
g 0 DIRECTORY data/b/a|
= ERROR ENOENT|
d 0 SET_PERMS /test/b/b/c|w0|
= ERROR ENOENT|
g 3 MKDIR data/a/c/c|
= MKDIR OK|
g 1 RM /local/domain/$D/data/b/c/b|
= ERROR ENOENT|
g 2 RM /test/b/c/a|
= ERROR EACCES|
g 1 WRITE data/c/a|aaaa
! g data/c/a|t|
! g data/c/a|u|
! g data/c/a|v|
= WRITE OK|
d 0 WRITE /test/b/c|bbbbb
! d /test/b/c|u|
= WRITE OK|
d 4 WRITE /test/b/a|bbbb
= WRITE OK|
d 0 WRITE /local/domain/$D/data/c/a|ccccc
= WRITE OK|
! g data/c/a|t|
! g data/c/a|u|
! g data/c/a|v|
g 0 WRITE /local/domain/$D/data/a/c/c|bbb
! g data/a/c/c|v|
! g data/a/c/c|u|
= WRITE OK|
! d /local/domain/3/data/a/c/c|t|
g 2 DIRECTORY data/a/c/b|
= DIRECTORY 
g 2 DIRECTORY /local/domain/$D/data/a|
= DIRECTORY c|a|
g 2 MKDIR data/c|
= MKDIR OK|
g 2 RM data/c|
! g data/c/a|u|
! g /local/domain/3/data/c/b|t|
! g data/c/c|u|
! g data/c/c|v|
! g data/c/c|t|
! g data/c|t|
! g data/c|u|
! g data/c|v|
= RM OK|
d 4 WRITE /local/domain/$D/data/a/c|
= WRITE OK|
d 0 READ /local/domain/$D/data/b|
= READ aaa
d >5 TRANSACTION_START |
= TRANSACTION_START TX
g 3 RM data/b|
! g /local/domain/3/data/b|t|
! g data/b|v|
! g data/b|u|
= RM OK|
! d /local/domain/3/data/b|t|
g 1 TRANSACTION_END T|
= ERROR ENOENT|
g 0 MKDIR data/a|
= MKDIR OK|
g >3 TRANSACTION_START |
= ERROR ENOSPC|
d 5 RM /local/domain/$D/data/c/c/b|
= ERROR ENOENT|
d 0 MKDIR /local/domain/$D/data/b/c/a|
! d /local/domain/3/data/b/c/a|t|
= MKDIR OK|
! g /local/domain/3/data/b/c/a|t|
! g data/b/c/a|v|
! g data/b/c/a|u|
g 3 WRITE data/c|aaa
! g data/c|t|
! g data/c|u|
! g data/c|v|
= WRITE OK|
g 1 RM /test/c/a|
= ERROR EACCES|
g 0 WRITE data/b/a/c|aaaaa
! g /local/domain/3/data/b/a/c|t|
! g data/b/a/c|v|
! g data/b/a/c|u|
! g /local/domain/3/data/b/a/c|u|
! g data/b/a/c|t|
= WRITE OK|
! d /local/domain/3/data/b/a/c|t|
g 1 TRANSACTION_END T|
= ERROR ENOENT|
d 0 SET_PERMS /local/domain/$D/data/b|w0|n$D|
! d /local/domain/3/data/b|t|
= SET_PERMS OK|
! g /local/domain/3/data/b|t|
! g data/b|v|
! g data/b|u|
g 0 DIRECTORY data|
= DIRECTORY a|b|c|
g 0 RM data/b|
= ERROR EACCES|
g 3 READ data/a|
= READ aaa
g 0 GET_PERMS /test/a/b/a|
= ERROR EACCES|
g >2 TRANSACTION_START |
= ERROR ENOSPC|
d 4 DIRECTORY /local/domain/$D/data/a/b|
= ERROR ENOENT|
g 2 WRITE data/a|
! g data/a|v|
! g data/a|u|
= WRITE OK|
! d /local/domain/3/data/a|t|
d 0 UNWATCH /local/domain/$D/data/a|u|
= ERROR ENOENT|
d 0 WRITE /local/domain/$D/data/c/b/b|c
= WRITE OK|
! g data/c/b/b|t|
! g data/c/b/b|u|
! g data/c/b/b|v|
! g /local/domain/3/data/c/b/b|t|
g 0 GET_PERMS data/a/c|
= GET_PERMS b3|r0|
g >3 TRANSACTION_START |
= ERROR ENOSPC|
d 0 WRITE /test/a/b|
! d /test/a/b|u|
= WRITE OK|
g 3 MKDIR data/c/a/a|
! g data/c/a/a|t|
! g data/c/a/a|u|
! g data/c/a/a|v|
= MKDIR OK|
g 1 WRITE data/c/c/b|
! g data/c/c/b|t|
! g data/c/c/b|u|
! g data/c/c/b|v|
= WRITE OK|
d 0 WRITE /local/domain/$D/data/c|bbbb
= WRITE OK|
! g data/c|t|
! g data/c|u|
! g data/c|v|
g >1 TRANSACTION_START |
= ERROR ENOSPC|
g 1 TRANSACTION_END T|
= ERROR ENOENT|
g >3 TRANSACTION_START |
= ERROR ENOSPC|
d 0 WATCH /local/domain/$D/data/a/a/a|v|
= WATCH OK|
! d /local/domain/3/data/a/a/a|v|
d 0 WATCH /test/b|u|
= ERROR EEXIST|
g 0 WRITE /test/b/a/b|bb
= ERROR EACCES|
g 2 READ data/c/a|
= READ 
g 3 WRITE data/a|cc
! g data/a|v|
! g data/a|u|
= WRITE OK|
! d /local/domain/3/data/a|t|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
d >5 TRANSACTION_START |
= TRANSACTION_START TX
d 4 WRITE /test/c/a|bbbbb
= WRITE OK|
g 0 WATCH data/a|t|
= WATCH OK|
! g data/a|t|
g 3 WRITE /local/domain/$D/data/b|bbb
= ERROR EACCES|
g 1 RM /local/domain/$D/data/a|
! g data/a/c/b|u|
! g data/a/c|u|
! g data/a/a|v|
! g data/a/a|u|
! g data/a|v|
! g data/a|u|
! g data/a|t|
= RM OK|
! d /local/domain/3/data/a|t|
g >1 TRANSACTION_START |
= ERROR ENOSPC|
g >3 TRANSACTION_START |
= ERROR ENOSPC|
g 0 MKDIR data/a|
! g data/a|v|
! g data/a|u|
! g data/a|t|
= MKDIR OK|
! d /local/domain/3/data/a|t|
d 4 SET_PERMS /local/domain/$D/data/b|w0|
= SET_PERMS OK|
g 1 SET_PERMS data/b/a/b|b$D|
= ERROR ENOENT|
d 0 WRITE /test/a/b|b
! d /test/a/b|u|
= WRITE OK|
d 0 READ /test/a|
= READ 
g 3 DIRECTORY data/b/b/a|
= ERROR EACCES|
g >3 TRANSACTION_START |
= ERROR ENOSPC|
g 0 WATCH data/a|t|
= ERROR EEXIST|
g 1 WRITE /test/b/b|aaaa
= ERROR EACCES|
g 2 WRITE /local/domain/$D/data/b|c
= ERROR EACCES|
g 0 WRITE data/a/c|bbbbb
! g data/a/c|v|
! g data/a/c|u|
! g data/a/c|t|
= WRITE OK|
! d /local/domain/3/data/a/c|t|
g 1 WRITE /test/a|bbb
= ERROR EACCES|
g >1 TRANSACTION_START |
= ERROR ENOSPC|
g >3 TRANSACTION_START |
= ERROR ENOSPC|
d 4 TRANSACTION_END F|
= TRANSACTION_END OK|
g 1 TRANSACTION_END T|
= ERROR ENOENT|
g 0 WRITE data/b/a|cccc
! g /local/domain/3/data/b/a|t|
! g data/b/a|v|
! g data/b/a|u|
= WRITE OK|
! d /local/domain/3/data/b/a|t|
d 0 UNWATCH /local/domain/$D/data/a/a|v|
= ERROR ENOENT|
d 4 MKDIR /test/a/c|
= ERROR ENOENT|
d 0 WRITE /local/domain/$D/data/a|bbbb
! d /local/domain/3/data/a|t|
= WRITE OK|
! g data/a|v|
! g data/a|u|
! g data/a|t|
d 5 MKDIR /test/b/c/c|
= MKDIR OK|
g 1 WRITE data/b/b/b|b
= ERROR EACCES|
g 2 GET_PERMS data/a/a|
= ERROR ENOENT|
g 0 SET_PERMS data/c/a/c|n$D|n$D|
= ERROR ENOENT|
g 0 READ /local/domain/$D/data/a/a/a|
= ERROR ENOENT|
g >3 TRANSACTION_START |
= ERROR ENOSPC|
g 3 WRITE data/c|ccc
! g data/c|t|
! g data/c|u|
! g data/c|v|
= WRITE OK|
g >1 TRANSACTION_START |
= ERROR ENOSPC|
g 0 READ data/c/a/c|
= ERROR ENOENT|
g 1 READ /local/domain/$D/data/c|
= READ ccc
g 2 WRITE data/c/b/b|bbb
! g data/c/b/b|t|
! g data/c/b/b|u|
! g data/c/b/b|v|
! g /local/domain/3/data/c/b/b|t|
= WRITE OK|
d 0 WRITE /local/domain/$D/data/a/a|aaaaa
! d /local/domain/3/data/a/a|t|
= WRITE OK|
! g data/a/a|v|
! g data/a/a|u|
! g data/a/a|t|
g 0 WRITE data/b|cccc
= ERROR EACCES|
g 3 RM data/b/b|
= ERROR EACCES|
d 0 DIRECTORY /local/domain/$D/data/a/b/c|
= ERROR ENOENT|
g 2 WRITE data/a/b|a
! g data/a/b|v|
! g data/a/b|u|
! g data/a/b|t|
= WRITE OK|
! d /local/domain/3/data/a/b|t|
g 0 WRITE data/b/b|c
= ERROR EACCES|
d 0 SET_PERMS /local/domain/$D/data/b|r0|
! d /local/domain/3/data/b|t|
= SET_PERMS OK|
! g /local/domain/3/data/b|t|
! g data/b|v|
! g data/b|u|
g 0 UNWATCH data/b|v|
= UNWATCH OK|
g 0 WRITE data/c/b/b|aaaa
! g data/c/b/b|t|
! g data/c/b/b|u|
! g data/c/b/b|v|
! g /local/domain/3/data/c/b/b|t|
= WRITE OK|
g 0 UNWATCH data/c/b/c|v|
= UNWATCH OK|
g 0 READ data/b/c|
= READ 
g 0 UNWATCH data|u|
= UNWATCH OK|
d 4 TRANSACTION_END T|
= ERROR ENOENT|
g 0 DIRECTORY data/a/a|
= DIRECTORY 
g >1 TRANSACTION_START |
= ERROR ENOSPC|
g 0 UNWATCH data/c/a|v|
= ERROR ENOENT|
g 1 MKDIR data/b|
= ERROR EACCES|
g >1 TRANSACTION_START |
= ERROR ENOSPC|
g >3 TRANSACTION_START |
= ERROR ENOSPC|
g 0 READ data/b|
= READ 
g 3 MKDIR data/a|
= MKDIR OK|
g 3 DIRECTORY data/c/b|
= DIRECTORY b|
g >2 TRANSACTION_START |
= ERROR ENOSPC|
g 3 READ /local/domain/$D/data/a/c/c|
= ERROR ENOENT|
g 0 WATCH data/b/c|v|
= ERROR EEXIST|
g >3 TRANSACTION_START |
= ERROR ENOSPC|
d 5 RM /local/domain/$D/data/a|
= RM OK|
g 1 DIRECTORY /local/domain/$D/data/a|
= DIRECTORY c|a|b|
g 0 WRITE data/a/a/c|cc
! g data/a/a/c|v|
! g data/a/a/c|u|
! g data/a/a/c|t|
= WRITE OK|
! d /local/domain/3/data/a/a/c|t|
g 0 WATCH data/b|u|
= ERROR EEXIST|
d 0 WATCH /local/domain/$D/data/b|u|
= WATCH OK|
! d /local/domain/3/data/b|u|
g 1 WRITE /local/domain/$D/data/a/c|bbbb
! g data/a/c|v|
! g data/a/c|u|
! g data/a/c|t|
= WRITE OK|
! d /local/domain/3/data/a/c|t|
d 5 READ /test/a|
= READ 
g 0 UNWATCH data/b/c|u|
= UNWATCH OK|
g 3 WRITE data|aa
! g data|v|
= WRITE OK|
g 3 WRITE data/a/c|c
! g data/a/c|v|
! g data/a/c|u|
! g data/a/c|t|
= WRITE OK|
! d /local/domain/3/data/a/c|t|
g 2 RM data/b|
= ERROR EACCES|
g >3 TRANSACTION_START |
= ERROR ENOSPC|
g 1 WRITE data/c/c|aaa
! g data/c/c|t|
! g data/c/c|u|
! g data/c/c|v|
= WRITE OK|
g 0 WATCH data|v|
= ERROR EEXIST|
g 2 READ /local/domain/$D/data/c|
= READ ccc
g >1 TRANSACTION_START |
= ERROR ENOSPC|
d >5 TRANSACTION_START |
= TRANSACTION_START TX
g 0 WATCH data/a/b/b|t|
= WATCH OK|
! g data/a/b/b|t|
g 3 RM /test/a|
= ERROR EACCES|
g 3 GET_PERMS /test/a/b|
= ERROR EACCES|
g 3 DIRECTORY data/b|
= DIRECTORY c|a|
g 0 WRITE /test/b/a|a
= ERROR EACCES|
d 0 GET_PERMS /test/a|
= GET_PERMS n0|
g >1 TRANSACTION_START |
= ERROR ENOSPC|
g 2 WRITE /test/b/b/b|bbb
= ERROR EACCES|
g >1 TRANSACTION_START |
= ERROR ENOSPC|
g 2 READ data/a|
= READ bbbb
g 1 RM data/c|
! g /local/domain/3/data/c/b|t|
! g data/c/a|u|
! g data/c/c|u|
! g data/c/c|v|
! g data/c/c|t|
! g data/c|t|
! g data/c|u|
! g data/c|v|
= RM OK|
g 0 WATCH data/b/b/c|v|
= WATCH OK|
! g data/b/b/c|v|
g 2 TRANSACTION_END F|
= ERROR ENOENT|
g >3 TRANSACTION_START |
= ERROR ENOSPC|
g 0 WATCH data/b/a/c|u|
= ERROR EEXIST|
g 1 RM data/c|
= RM OK|
g 1 READ data/c/b/c|
= ERROR ENOENT|
g 0 WATCH /test/c/a/c|v|
= WATCH OK|
! g /test/c/a/c|v|
d 4 DIRECTORY /local/domain/$D/data/b/c|
= ERROR ENOENT|
g 1 WRITE data/c|bb
! g data/c|t|
! g data/c|u|
! g data/c|v|
= WRITE OK|
g 0 SET_PERMS data/b|w0|b$D|r0|
= ERROR EACCES|
d 0 RM /local/domain/$D/data/a/c|
! d /local/domain/3/data/a/c|t|
= RM OK|
! g data/a/c|v|
! g data/a/c|u|
! g data/a/c|t|
d 0 MKDIR /test/a|
= MKDIR OK|
g 2 WRITE data/b/b|cc
= ERROR EACCES|
d 0 SET_PERMS /test/a/a/c|r0|
= ERROR ENOENT|
g >1 TRANSACTION_START |
= ERROR ENOSPC|
g 0 MKDIR data/a/c/b|
! g data/a/c/b|v|
! g data/a/c/b|u|
! g data/a/c/b|t|
= MKDIR OK|
! d /local/domain/3/data/a/c/b|t|
g 2 MKDIR /local/domain/$D/data/c/b|
! g data/c/b|t|
! g data/c/b|u|
! g data/c/b|v|
! g /local/domain/3/data/c/b|t|
= MKDIR OK|
g 3 RM data/a/b/a|
= RM OK|
d >5 TRANSACTION_START |
= TRANSACTION_START TX
d 0 WATCH /local/domain/$D/data/b|t|
= ERROR EEXIST|
g 2 RM data/a/c/c|
= RM OK|
d 4 TRANSACTION_END T|
= ERROR ENOENT|
d 5 RM /local/domain/$D/data/b|
= RM OK|
g 0 UNWATCH /local/domain/$D/data/c/c|t|
= UNWATCH OK|
d 0 WRITE /test/b/b/b|aa
! d /test/b/b/b|u|
= WRITE OK|
d 5 WRITE /local/domain/$D/data/b|
= WRITE OK|
g 2 RM data/a/b/c|
= RM OK|
d >5 TRANSACTION_START |
= TRANSACTION_START TX
d 0 UNWATCH /local/domain/$D/data/b/a|t|
= ERROR ENOENT|
g 1 TRANSACTION_END T|
= ERROR ENOENT|
g 2 READ /local/domain/$D/data/a|
= READ bbbb
g 0 MKDIR data/a/b|
= MKDIR OK|
d 5 MKDIR /test/b/c/c|
= MKDIR OK|
d 4 READ /local/domain/$D/data/a/b/a|
= ERROR ENOENT|
g 3 DIRECTORY /local/domain/$D/data/c/b|
= DIRECTORY 
d 0 WATCH /local/domain/$D/data/c/c/c|u|
= WATCH OK|
! d /local/domain/3/data/c/c/c|u|
g 0 UNWATCH data/b/b|t|
= ERROR ENOENT|
g 3 MKDIR data/a|
= MKDIR OK|
g 0 READ data/a|
= READ bbbb
g 3 MKDIR data/c|
= MKDIR OK|
g 0 READ data/b/a|
= READ cccc
g 0 DIRECTORY /test/c|
= ERROR EACCES|
g 0 UNWATCH /local/domain/$D/data/c/c|t|
= ERROR ENOENT|
g 0 MKDIR /local/domain/$D/data/b/a/a|
! g /local/domain/3/data/b/a/a|t|
! g data/b/a/a|v|
! g data/b/a/a|u|
= MKDIR OK|
! d /local/domain/3/data/b/a/a|t|
! d /local/domain/3/data/b/a/a|u|
g 0 WRITE /local/domain/$D/data/c/a/b|bbb
! g data/c/a/b|t|
! g data/c/a/b|u|
! g data/c/a/b|v|
= WRITE OK|
g 1 WRITE data/a/b/c|ccccc
! g data/a/b/c|v|
! g data/a/b/c|u|
! g data/a/b/c|t|
= WRITE OK|
! d /local/domain/3/data/a/b/c|t|
d 0 READ /local/domain/$D/data/c|
= READ bb
g >1 TRANSACTION_START |
= ERROR ENOSPC|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
g >3 TRANSACTION_START |
= ERROR ENOSPC|
g 3 WRITE data/a/a|
! g data/a/a|v|
! g data/a/a|u|
! g data/a/a|t|
= WRITE OK|
! d /local/domain/3/data/a/a|t|
g 1 MKDIR data/b|
= ERROR EACCES|
d 4 TRANSACTION_END F|
= ERROR ENOENT|
g 2 SET_PERMS data/c/b|n0|
= ERROR EPERM|
d 5 WRITE /local/domain/$D/data/a|bb
= WRITE OK|
d 5 MKDIR /test/a/a|
= MKDIR OK|
g 0 WRITE /test/b/a|cc
= ERROR EACCES|
d 0 RM /local/domain/$D/data/c|
= RM OK|
! g /local/domain/3/data/c/b|t|
! g data/c/a|u|
! g data/c|t|
! g data/c|u|
! g data/c|v|
g 1 WRITE data/c/c/a|a
! g data/c/c/a|t|
! g data/c/c/a|u|
! g data/c/c/a|v|
= WRITE OK|
d 0 WRITE /local/domain/$D/data/b/c|aaaaa
! d /local/domain/3/data/b/c|t|
! d /local/domain/3/data/b/c|u|
= WRITE OK|
! g /local/domain/3/data/b/c|t|
! g data/b/c|v|
! g data/b/c|u|
g 0 GET_PERMS /local/domain/$D/data/a/b|
= GET_PERMS b3|r0|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
g 3 TRANSACTION_END F|
= ERROR ENOENT|
g 1 DIRECTORY /local/domain/$D/data/c/b|
= ERROR ENOENT|
d 0 WRITE /test/b/c|aaa
! d /test/b/c|u|
= WRITE OK|
d 5 RM /test/a/c/c|
= ERROR ENOENT|
g 2 WRITE data/a/a/c|bbb
! g data/a/a/c|v|
! g data/a/a/c|u|
! g data/a/a/c|t|
= WRITE OK|
! d /local/domain/3/data/a/a/c|t|
g 1 TRANSACTION_END T|
= ERROR ENOENT|
g 2 SET_PERMS data/c/c/a|b$D|w0|w0|
! g data/c/c/a|t|
! g data/c/c/a|u|
! g data/c/c/a|v|
= SET_PERMS OK|
g 1 WRITE data/c|
! g data/c|t|
! g data/c|u|
! g data/c|v|
= WRITE OK|
g 1 TRANSACTION_END T|
= ERROR ENOENT|
d 0 RM /local/domain/$D/data/b/c|
! d /local/domain/3/data/b/c|t|
! d /local/domain/3/data/b/c|u|
= RM OK|
! g /local/domain/3/data/b/c|t|
! g data/b/c|v|
! g data/b/c|u|
d 4 WRITE /local/domain/$D/data/c/a/b|aa
= ERROR ENOENT|
g 0 READ data/a|
= READ bbbb
g >2 TRANSACTION_START |
= ERROR ENOSPC|
g >2 TRANSACTION_START |
= ERROR ENOSPC|
g 0 GET_PERMS data/a/c|
= GET_PERMS b3|r0|
g 0 DIRECTORY data/c/a/a|
= ERROR ENOENT|
d 0 WRITE /local/domain/$D/data/a/a/b|aaa
! d /local/domain/3/data/a/a/b|t|
= WRITE OK|
! g data/a/a/b|v|
! g data/a/a/b|u|
! g data/a/a/b|t|
g 2 MKDIR data/c/a/a|
! g data/c/a/a|t|
! g data/c/a/a|u|
! g data/c/a/a|v|
= MKDIR OK|
g 2 TRANSACTION_END F|
= ERROR ENOENT|
g 1 RM /local/domain/$D/data/b/c|
= ERROR EACCES|
g 3 GET_PERMS data/c/c/c|
= ERROR ENOENT|
g 0 WRITE data/c|
! g data/c|t|
! g data/c|u|
! g data/c|v|
= WRITE OK|
d 4 TRANSACTION_END T|
= ERROR ENOENT|
d 0 READ /local/domain/$D/data/a/b|
= READ a
d 0 MKDIR /local/domain/$D/data/b|
= MKDIR OK|
g 3 READ data/c/b|
= ERROR ENOENT|
g 0 RM data/a/b|
! g data/a/b|v|
! g data/a/b|u|
! g data/a/b|t|
= RM OK|
! d /local/domain/3/data/a/b|t|
d 5 RM /local/domain/$D/data/c/a|
= RM OK|
d 0 SET_PERMS /test/b|r0|
! d /test/b|u|
= SET_PERMS OK|
g 0 UNWATCH data/c/b/b|u|
= ERROR ENOENT|
g 1 DIRECTORY data/a/a/b|
= DIRECTORY 
g 0 WATCH /local/domain/$D/data/a/a/a|u|
= WATCH OK|
! g /local/domain/3/data/a/a/a|u|
d 5 RM /test/b|
= RM OK|
g 1 WRITE data/a/a/c|bbb
! g data/a/a/c|v|
! g data/a/a/c|u|
! g data/a/a/c|t|
= WRITE OK|
! d /local/domain/3/data/a/a/c|t|
d 4 MKDIR /local/domain/$D/data/a/a/b|
= ERROR ENOENT|
d 5 READ /local/domain/$D/data/b/a|
= READ cccc
g >1 TRANSACTION_START |
= ERROR ENOSPC|
g >1 TRANSACTION_START |
= ERROR ENOSPC|
d 0 WATCH /local/domain/$D/data/b|v|
= WATCH OK|
! d /local/domain/3/data/b|v|
g 0 READ data/a|
= READ bbbb
g 0 SET_PERMS data/b|b0|r$D|r0|
= ERROR EACCES|
g 1 READ data|
= READ aa
g 0 MKDIR data/a|
= MKDIR OK|
d 4 TRANSACTION_END T|
= ERROR ENOENT|
g 2 RM /test/c/c/a|
= ERROR EACCES|
d 0 MKDIR /local/domain/$D/data/b/b|
! d /local/domain/3/data/b/b|t|
! d /local/domain/3/data/b/b|u|
! d /local/domain/3/data/b/b|v|
= MKDIR OK|
! g /local/domain/3/data/b/b|t|
! g data/b/b|v|
! g data/b/b|u|
g 3 SET_PERMS /local/domain/$D/data/a/b|b$D|w0|r0|
= ERROR ENOENT|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
g >2 TRANSACTION_START |
= ERROR ENOSPC|
g 3 GET_PERMS data/b/b|
= GET_PERMS r0|
g 1 RM data/c/a/a|
! g data/c/a/a|t|
! g data/c/a/a|u|
! g data/c/a/a|v|
= RM OK|
g 0 DIRECTORY data/a/a/c|
= DIRECTORY 
g 0 UNWATCH data/c/a|t|
= ERROR ENOENT|
d 4 WRITE /local/domain/$D/data/c|bbb
= ERROR ENOENT|
g 0 RM data|
! g /local/domain/3/data/b/a/c|u|
! g data/b/a/c|t|
! g /local/domain/3/data/b|t|
! g data/b|u|
! g data/a/a|v|
! g data/a/a|u|
! g data/a/c/b|u|
! g data/a/c|u|
! g data/a|u|
! g data/a|t|
! g data/c/c|u|
! g data/c/c|v|
! g data/c/a|u|
! g data/c|t|
! g data/c|u|
! g data/c|v|
! g data|v|
= RM OK|
! d /local/domain/3/data/b/b|u|
! d /local/domain/3/data/b|t|
! d /local/domain/3/data/b|u|
! d /local/domain/3/data/b|v|
! d /local/domain/3/data/a|t|
g 2 READ data/c/a|
= ERROR ENOENT|
g 0 WRITE data/b/b/b|aaaaa
= ERROR EACCES|
d 5 WRITE /local/domain/$D/data/b/c|aa
= WRITE OK|
g 1 READ data/a/b|
= ERROR ENOENT|
d 0 WRITE /local/domain/$D/data/a|c
! d /local/domain/3/data/a|t|
= WRITE OK|
! g data/a|v|
! g data/a|u|
! g data/a|t|
d 0 SET_PERMS /local/domain/$D/data/c/a/b|r0|w0|
= ERROR ENOENT|
g 0 SET_PERMS data/b|n$D|
= ERROR EACCES|
d >4 TRANSACTION_START |
= TRANSACTION_START TX
d 0 RM /local/domain/$D/data/a|
! d /local/domain/3/data/a|t|
= RM OK|
! g data/a|v|
! g data/a|u|
! g data/a|t|
g 1 TRANSACTION_END T|
= ERROR ENOENT|
g 0 SET_PERMS data/a|n$D|b$D|
= ERROR EACCES|
g 0 RM data/b|
= ERROR EACCES|
g 0 WRITE /local/domain/$D/data/c/a/c|bbbbb
= ERROR EACCES|
g 2 TRANSACTION_END T|
= ERROR ENOENT|
d 4 WRITE /test/b/a|cccc
= WRITE OK|
g 1 WRITE data/a/c/a|
= ERROR EACCES|
g 3 MKDIR data/a/a/a|
= ERROR EACCES|
g >2 TRANSACTION_START |
= ERROR ENOSPC|
g 0 RM data/c/b/a|
= ERROR EACCES|
g 0 RM data/a|
= ERROR EACCES|
g 3 READ data/c/b|
= ERROR ENOENT|
g 0 RM /local/domain/$D/data/b|
= ERROR EACCES|
g 2 READ data/a|
= ERROR ENOENT|
g 1 TRANSACTION_END T|
= ERROR ENOENT|
d 5 SET_PERMS /local/domain/$D/data/c/a/b|b0|b$D|
= ERROR ENOENT|
g 0 WRITE data/b|aa
= ERROR EACCES|
d 5 WRITE /local/domain/$D/data/b|
= WRITE OK|
d >4 TRANSACTION_START |
= TRANSACTION_START TX
d 5 READ /local/domain/$D/data/c/c|
= ERROR ENOENT|
d 4 READ /local/domain/$D/data/c|
= ERROR ENOENT|
d 5 RM /local/domain/$D/data/b/c/b|
= RM OK|
d 0 DIRECTORY /local/domain/$D/data/c/a/b|
= ERROR ENOENT|
g 0 UNWATCH /local/domain/$D/data/a|v|
= ERROR ENOENT|
g 3 RM data/b/b|
= ERROR EACCES|
d 5 DIRECTORY /test/b|
= ERROR ENOENT|
g >1 TRANSACTION_START |
= ERROR ENOSPC|
g 0 READ data/b|
= ERROR ENOENT|
g 3 WRITE data/b/c|bbbbb
= ERROR EACCES|
d 5 RM /test/a/b/b|
= RM OK|
g >2 TRANSACTION_START |
= ERROR ENOSPC|
g 1 SET_PERMS /local/domain/$D/data/b/a|r$D|r0|r0|
= ERROR EACCES|
d 5 SET_PERMS /local/domain/$D/data/c/c|n0|
= ERROR ENOENT|
g 3 SET_PERMS data/c|b$D|
= ERROR EACCES|
g 0 WATCH data/b/a|t|
= WATCH OK|
! g data/b/a|t|
g 0 RM data/b/b/b|
= ERROR EACCES|
d 0 WATCH /local/domain/$D/data/b/a|u|
= WATCH OK|
! d /local/domain/3/data/b/a|u|
g 3 WRITE data/b/c|bb
= ERROR EACCES|
g 3 TRANSACTION_END T|
= ERROR ENOENT|
d 4 RM /local/domain/$D/data/c/a|
= ERROR ENOENT|
g 1 TRANSACTION_END F|
= ERROR ENOENT|
g 0 READ data/a/a|
= ERROR ENOENT|
g >2 TRANSACTION_START |
= ERROR ENOSPC|
g 0 MKDIR /local/domain/$D/data/c|
= ERROR EACCES|
g 0 WATCH data/c|u|
= ERROR EEXIST|
g >3 TRANSACTION_START |
= ERROR ENOSPC|
g 0 RESET_WATCHES |
= RESET_WATCHES OK|
d 0 RM /test|
! d /test/b/a|u|
! d /test/b|u|
! d /test/a|u|
= RM OK|
g 0 DIRECTORY data|
= DIRECTORY 
