/* The extension module neardup._core: functions on capsules, which the package neardup dresses up.
 * It has no state: multi-phase initialisation (PEP 489), so that subinterpreters may each have it.
 */
#include "neardup/kernel.h"
#include "neardup/version.h"
#include "python/module/python.h"

static int add_versions(PyObject *module)
{
    if (PyModule_AddStringConstant(module, "VERSION", nd_version()) != 0 ||
        PyModule_AddStringConstant(module, "UNICODE_VERSION", nd_unicode_version()) != 0 ||
        PyModule_AddStringConstant(module, "KERNEL", nd_kernel_name(nd_kernel_current())) != 0)
        return -1;
    return PyModule_AddIntConstant(module, "HASH_SPEC_VERSION", nd_hash_spec_version());
}

static int execute(PyObject *module)
{
    static int (*const parts[])(PyObject *) = {
        add_versions,          nd_py_add_frames,    nd_py_add_columns,  nd_py_add_scan,
        nd_py_add_passages,    nd_py_add_spec,      nd_py_add_batch,    nd_py_add_table,
        nd_py_add_index,       nd_py_add_index_ask, nd_py_add_evaluate, nd_py_add_minhash,
        nd_py_add_minhash_lsh, nd_py_add_rare,
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i](module) != 0)
            return -1;
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)execute},
    {0, NULL},
};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "neardup._core",
    .m_doc = "The engine of neardup. Use the package neardup: this module's functions may change.",
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__core(void); /* found by its name */

PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&definition);
}
