"""What is unusual about a disagreement with Envoy: the parts of its signature."""

import collections
import re

import envoy_pool
import routes

CLASSES = [(r"", "empty"), (r"-?(0|[1-9]\d*)", "digits"), (r"[-+]?\d+", "odd_digits"), (r"-?\d+\.0+", "point_zero"),
           (r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", "number"), (r"true|false", "boolean"), (r"null", "null"),
           (r"[A-Za-z_]+", "word")]
# The grammar of http.proto once more; what it leaves open (which letters a literal has) as RFC 3986 has it.
NAME = r"[A-Za-z_]\w*"
LITERAL = r"[^/{}*:?#\x00-\x20\x7f]+"
SEGMENT = rf"(\*\*|\*|{LITERAL})"
PART = rf"({SEGMENT}|\{{{NAME}(\.{NAME})*(={SEGMENT}(/{SEGMENT})*)?\}})"
TEMPLATE = re.compile(rf"/{PART}(/{PART})*(:{LITERAL})?")
CAMEL = ("longName", "oneA", "oneB")


def text_class(text):
    return next((name for pattern, name in CLASSES if re.fullmatch(pattern, text)), "text")


def field_type(path):
    """Of the field at the end of a field path as a query or a template writes it."""
    names = {name.replace("_", ""): entry for name, entry in envoy_pool.FIELDS.items()}
    entry = None
    for part in path.split("."):
        if entry and entry[1] != ".r.M":
            return "part_of_text" if entry[1].startswith(".google") else "unknown"
        if entry and entry[2]:
            return "through_repeated"
        entry = envoy_pool.FIELDS.get(part) or (names.get(part.lower()) if part in CAMEL else None)
        if not entry:
            return "unknown"
    return ("repeated:" if entry[2] else "") + entry[1].split(".")[-1]


def query_marks(request):
    found, seen = set(), collections.Counter(key for key, _ in request.query)
    for key, value in request.query:
        kind = field_type(key)
        if kind == "unknown":
            decoded = routes.canonical(key).replace("%2E", ".")
            kind = "encoded_key" if decoded != key and field_type(decoded) != "unknown" else "unknown"
        found.add(f"q:{kind}={'none' if value is None else text_class(value)}")
        if seen[key] > 1:
            found.add(f"twice:{kind}")
    return found


def cause(answer):
    """Why it refuses, without the names and values of this request."""
    if answer.status != 400:
        return str(answer.status)
    text = re.sub(r"^[\w.]*: (?=invalid value)", "", answer.why)
    where = re.match(r"query|path variable|path|request body|", text)[0].split(" ")[-1]
    text = re.sub(r"^(query parameter|path variable|request body)(?=[ :]).*?: (at \$.*?: )?|, found.*", "", text,
                  flags=re.S)
    text = re.sub(r"\"[^\"]*\"|'[^']*'|\br\.\w+\S*| for type .*|\d+", "", text)
    return f"400({'-'.join([where] * bool(where) + re.findall(r'[A-Za-z]+', text)[:8])})"


def literals_encoded(template, path):
    """Whether a template that matches the path does so only because literals are compared decoded."""
    plain = re.sub(r"\{([^=}]*)(=[^}]*)?\}", lambda found: routes.Generator.opened(found).split("\0")[0], template)
    verb = re.search(r":([^/]*)$", plain)
    segments = (plain[:verb.start()] if verb else plain).split("/")[1:]
    parts = path.rstrip("/")
    if verb and "/" not in parts.rpartition(":")[2]:
        parts, _, last = parts.rpartition(":")
        if last != verb[1]:
            return True
    parts = parts.split("/")[1:]
    stars = segments.index("**") if "**" in segments else len(segments)
    behind = len(segments) - stars - 1
    pairs = list(zip(segments[:stars], parts))
    if behind > 0:
        pairs += list(zip(segments[-behind:], parts[-behind:]))
    return any(segment != "*" and segment != part for segment, part in pairs)


def request_marks(request, path, template):
    found = query_marks(request)
    text = routes.marks(None, path) if path != "/" else "plain"
    if text != "plain":
        found |= {"path:" + mark.replace("-", "_") for mark in text.split(",")}
    for name in re.findall(r"\{([^=}]*)", template):
        kind = field_type(name)
        if kind != "string":
            found.add(f"v:{kind}")
    if re.search(r"\*\*.*/", template):
        found.add("t:segments_behind_stars")
    if request.body:
        found.add("body:camel" if re.search(r'"[a-z]+[A-Z]\w*":', request.body) else "body")
    return ",".join(sorted(found)) or "plain"


def grammatical(template):
    names = re.findall(r"\{([^=}]*)", template)
    return bool(TEMPLATE.fullmatch(template)) and len(set(names)) == len(names) and \
        not re.search(r"\*\*[^:]*/", template)


def rule_cause(rule, why):
    """Why the engine refuses; else what is unusual about the templates."""
    if why:
        why = re.sub(r"^r\.S/B\d+: (binding \d+, \".*?\": (?!.*\": ))?", "", why, flags=re.S)
        why = re.sub(r"offset \d+: |\d+|(variable|bound by) \S+|, found.*|\"[^\"]*\"", "", why, flags=re.S)
        odd = "grammatical-" * ("path template" in why and all(grammatical(each.template) for each in rule.each()))
        return odd + "-".join(re.findall(r"\w+|\*+|[{}?#/]", why)) or "empty"
    found = {mark for each in rule.each() for mark in routes.marks(each.template, None).split(",")}
    if any(":" in re.sub(r":[^/:{}]*$", "", each.template) for each in rule.each()):
        return "colon-in-literal"
    return ",".join(sorted(found))
