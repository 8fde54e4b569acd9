"""Pykka's own tests, from its source distribution, run against `firmware/pykka`."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from firmware.building import cache

VERSION = "4.5.0"
SDIST = f"pykka-{VERSION}.tar.gz"
SDIST_SHA256 = "820fcc36046552b49d7eb61fe98088d1a29631cf3314e8ce4bc26aaead8dcd4f"
TESTS = 152

ROOT = Path(__file__).parents[2]
RUNTIME = Path(__file__).with_name("pykka_runtime") / "runtime.py"

THREADS = "there is one thread, and no actor has its own"
EXCLUDED = {
    "tests.test_actor::test_actor_has_an_uuid4_based_urn": (
        "urns come from a counter: they are the same in every run, and cost nothing"
    ),
    "tests.proxy.test_proxy::test_actor_proxy_does_not_expose_proxy_to_self": (
        "it is not exposed, but warned of once and not twice: an attribute is looked up when it is "
        "used, and not all of them when the proxy is made"
    ),
    "tests.test_threading_actor::test_actor_thread_is_named_after_pykka_actor_class": THREADS,
    "tests.test_threading_actor::test_actor_thread_is_not_daemonic_by_default": THREADS,
    "tests.test_threading_actor::"
    "test_actor_thread_is_daemonic_if_use_daemon_thread_flag_is_set": THREADS,
}


def sdist(folder):
    """Return the path of the source distribution, fetched by pip unless it is kept already."""
    kept = cache() / SDIST
    if not kept.exists():
        requirement = folder / "requirement.txt"
        requirement.write_text(f"pykka=={VERSION} --hash=sha256:{SDIST_SHA256}\n")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        pip += ["--no-binary", "pykka", "--dest", str(folder), "-r", str(requirement)]
        subprocess.run(pip, check=True, timeout=600)
        kept.parent.mkdir(parents=True, exist_ok=True)
        partly = kept.with_suffix(f".{os.getpid()}")
        shutil.copy(folder / SDIST, partly)
        partly.replace(kept)
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == SDIST_SHA256, f"delete {kept}"
    return kept


def lay_out(folder):
    """Put Pykka's tests, our runtime and our Pykka into a folder."""
    with tarfile.open(sdist(folder)) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _path: member)
        archive.extractall(folder)
    (folder / f"pykka-{VERSION}" / "tests").rename(folder / "tests")
    (folder / "tests/conftest.py").rename(folder / "tests/pykka_conftest.py")
    shutil.copy(RUNTIME, folder / "tests/conftest.py")
    (folder / "pykka").symlink_to(ROOT / "firmware/pykka")
    (folder / "pytest.ini").write_text("[pytest]\n")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Whether each test passed, by name."""
    folder = tmp_path_factory.mktemp("pykka")
    lay_out(folder)
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, f"--junitxml={report}", "tests"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTEST_ADDOPTS": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert report.exists(), done.stdout
    print(done.stdout)
    cases = ElementTree.parse(report).iter("testcase")
    # A case without children neither failed nor was skipped.
    return {f"{case.get('classname')}::{case.get('name')}": len(case) == 0 for case in cases}


def test_every_test_of_pykka_passes_that_is_not_excluded(outcomes):
    failed = [name for name, passed in outcomes.items() if not passed and name not in EXCLUDED]
    passed = sum(outcomes.values())
    print(f"{passed} of {len(outcomes)} tests of Pykka pass, {len(EXCLUDED)} are excluded")
    assert failed == []
    assert len(outcomes) == TESTS


def test_no_exclusion_is_stale(outcomes):
    assert [name for name in EXCLUDED if outcomes.get(name) is not False] == []
