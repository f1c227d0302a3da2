"""Starts the host under a private package name, so that no file of ours can shadow a module of the user's."""
import sys

HERE = sys.path.pop(0)  # the interpreter puts the script's folder first; nothing may be imported from there by name

import importlib.util  # noqa: E402

NAME = "_drawloom_host"
spec = importlib.util.spec_from_file_location(NAME, HERE + "/__init__.py", submodule_search_locations=[HERE])
package = importlib.util.module_from_spec(spec)
sys.modules[NAME] = package
spec.loader.exec_module(package)

sys.dont_write_bytecode = False  # of ours: a host is started for every attempt that has an environment of its own
from _drawloom_host.keeper import main  # noqa: E402

sys.dont_write_bytecode = True
main()
