"""Tables of faults, and copies of the sources in which they are planted. fuzz/prove and scripts/prove use it.

A line "@ NAME... FILE" begins a fault: NAMEs say who must notice it. Then comes a fragment of the file ("- " before each line)
that stands in it once, and what takes its place ("+ "). A line "~ FILE" begins another edit of the same fault.
"""
import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ("harness", "mock-backend", "reports", "cases", "fuzz", "scripts")


class Edit:
    """A fragment of a file, as lines, and what takes its place."""

    def __init__(self, path):
        self.path = path
        self.old = []
        self.new = []


class Fault:
    """Edits, and the targets that must notice them."""

    def __init__(self, line, head):
        self.line = line
        *self.targets, path = head.split()
        self.edits = [Edit(path)]


def read_faults(path):
    faults = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("@ "):
            faults.append(Fault(number, line[2:]))
        elif line.startswith("~ ") and faults:
            faults[-1].edits.append(Edit(line[2:]))
        elif line[:1] == "-" and faults:
            faults[-1].edits[-1].old.append(line[2:])
        elif line[:1] == "+" and faults:
            faults[-1].edits[-1].new.append(line[2:])
        elif line.strip() and not line.startswith("#"):
            sys.exit(f"{path}:{number}: not a line of a fault")
    return faults


class Copy:
    """A copy of the sources."""

    def __init__(self, root):
        self.root = root
        self.refresh()

    def refresh(self):
        """Only what differs is written, so that only that is compiled again."""
        self.root.mkdir(parents=True, exist_ok=True)
        wanted = {"Makefile", "VERSION"}
        for folder in SOURCES:
            wanted.update(str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*") if path.is_file())
        for old in [path for path in self.root.rglob("*") if path.is_file()]:
            if str(old.relative_to(self.root)) not in wanted:
                old.unlink()
        for name in wanted:
            source, copy = ROOT / name, self.root / name
            if not copy.exists() or copy.read_bytes() != source.read_bytes():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, copy)


def plant(table, copy, fault):
    """Changes the copies. Returns {path: text before}, or nothing when a fragment is not in its file once."""
    before = {}
    changed = {}
    for edit in fault.edits:
        path = copy.root / edit.path
        old, new = "\n".join(edit.old), "\n".join(edit.new)
        before[path] = path.read_text()
        text = changed.get(path, before[path])
        if not old or text.count(old) != 1:
            print(f"{table}:{fault.line}: {edit.path} has the fragment {text.count(old)} times", flush=True)
            return {}
        changed[path] = text.replace(old, new)
    for path, text in changed.items():
        path.write_text(text)
    return before


def misfits(table):
    """Lines that say which fragments of a table do not stand in their files once: nothing can be proven with them."""
    found = []
    for fault in read_faults(ROOT / table):
        for edit in fault.edits:
            path = ROOT / edit.path
            count = path.read_text(encoding="utf-8").count("\n".join(edit.old)) if path.is_file() and edit.old else 0
            if count != 1:
                found.append(f"{table}:{fault.line}: {edit.path} has the fragment {count} times")
    return found
