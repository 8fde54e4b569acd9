"""Run plain test functions, on CPython and on MicroPython.

    python tests/portable/run.py tests/portable/test_pykka_api.py

Each argument is a file or a module; its functions named `test_*` are called, in the order of their
names. Failures are printed with their tracebacks; the exit status is 1 if there are any.
"""

import sys

try:
    from sys import print_exception
except ImportError:
    from traceback import print_exception


def load(name: str):
    """Import a module.

    Args:
        name: the module's name, or the path of its file, whose folder is added to `sys.path`

    Returns:
        the module

    Raises:
        ImportError: if there is none
    """
    if name.endswith(".py"):
        folder, _, file = name.rpartition("/")
        if folder not in sys.path:
            sys.path.insert(0, folder)
        name = file[:-3]
    module = __import__(name)
    for part in name.split(".")[1:]:
        module = getattr(module, part)
    return module


def stop_actors() -> None:
    """Stop the actors that a test left, so that the next starts without them."""
    pykka = sys.modules.get("pykka")
    if pykka is not None:
        pykka.ActorRegistry.stop_all()


def run(names: list) -> int:
    """Run the tests of modules.

    Args:
        names: files or modules

    Returns:
        how many failed; a module that cannot be imported counts as one
    """
    passed = failed = 0
    for name in names:
        try:
            module = load(name)
        except Exception as error:
            failed += 1
            print(f"FAILED {name}")
            print_exception(error)
            continue
        for test in sorted([test for test in dir(module) if test.startswith("test_")]):
            try:
                getattr(module, test)()
                passed += 1
            except Exception as error:
                failed += 1
                print(f"FAILED {name} {test}")
                print_exception(error)
            finally:
                stop_actors()
    print(f"{passed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(1 if run(sys.argv[1:]) else 0)
