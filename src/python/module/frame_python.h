/* Frames in the hands of Python: capsules, and rows as tuples. */
#ifndef PYTHON_MODULE_FRAME_PYTHON_H
#define PYTHON_MODULE_FRAME_PYTHON_H

#include "python/module/frame.h"
#include "python/module/python.h"

/* Takes the caller's reference. NULL with an exception, also if `frame` is NULL. */
PyObject *nd_py_frame(nd_frame *frame);

#endif
