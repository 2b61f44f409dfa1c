/* The named character references of HTML that occur in prose. */
#ifndef TEXT_REPAIR_ENTITY_NAMES_H
#define TEXT_REPAIR_ENTITY_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* What &name; stands for, 0 where it is not known. `name` holds no NUL. */
uint32_t nd_entity_code_point(const char *name, size_t len);

#endif
