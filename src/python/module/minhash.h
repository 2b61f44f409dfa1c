/* The sketch of a set that grows, in the hands of Python. */
#ifndef PYTHON_MODULE_MINHASH_H
#define PYTHON_MODULE_MINHASH_H

#include <stdint.h>

#include "python/module/python.h"

typedef struct nd_py_minhash nd_py_minhash;

/* The slots that Python sees of a _core.Sketch, which holds them until it changes: zeros of an
 * empty one. NULL with an exception. */
const uint64_t *nd_py_minhash_slots(PyObject *sketch, uint32_t *num);

#endif
