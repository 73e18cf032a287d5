"""What Envoy documents of normalising paths (HttpConnectionManager: normalize_path, merge_slashes,
path_with_escaped_slashes_action), as a model."""

import re

# What is written plainly although it came as a triplet: RFC 3986, section 6.2.2.2.
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")


def decode(found):
    letter = chr(int(found[1], 16))
    return letter if UNRESERVED.fullmatch(letter) else found[0]


def normalise(path, options):
    """None: Envoy answers 400 by itself."""
    if options.get("path_with_escaped_slashes_action") == "UNESCAPE_AND_FORWARD":
        path = re.sub(r"%2[Ff]", "/", re.sub(r"%5[Cc]", r"\\", path))
    if options.get("normalize_path"):
        if "%00" in path:
            return None
        path = re.sub(r"%([0-9A-Fa-f]{2})", decode, path).replace("\\", "/")
        path = without_dots(path)
    if options.get("merge_slashes"):
        path = re.sub(r"//+", "/", path)
    return path


def without_dots(path):
    """RFC 3986, section 5.2.4."""
    kept = []
    parts = path.split("/")[1:]
    for at, part in enumerate(parts):
        last = at + 1 == len(parts)
        if part == "..":
            if kept:
                kept.pop()
        elif part != ".":
            kept.append(part)
        if last and part in (".", ".."):
            kept.append("")
    return "/" + "/".join(kept)
