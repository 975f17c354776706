/* For LD_PRELOAD under programs that use Cyrus SASL's 3des: its plug-in makes DES keys without parity, which OpenSSL
 * 3.0 and newer schedule but answer with -1, and the plug-in then gives up. */

#include <openssl/des.h>

int DES_key_sched(const_DES_cblock *key, DES_key_schedule *schedule) {
    DES_set_key_unchecked(key, schedule);
    return 0;
}
