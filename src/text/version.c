#include "neardup/version.h"

#include <utf8proc.h>

#define STRING_OF(x) #x
#define STRING(x) STRING_OF(x)

const char *nd_version(void)
{
    return STRING(ND_VERSION_MAJOR) "." STRING(ND_VERSION_MINOR) "." STRING(ND_VERSION_PATCH);
}

int nd_hash_spec_version(void)
{
    return ND_HASH_SPEC_VERSION;
}

const char *nd_unicode_version(void)
{
    return utf8proc_unicode_version();
}
