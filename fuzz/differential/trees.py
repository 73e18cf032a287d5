"""What trees of JSON (documents.py) and of wire bytes (messages.py) have in common.

A node has `items`, its children in order (none in a leaf); `child(item)` is the node of an item, `labels(found)` adds
its own marks and those below it, and `simplify(attempt)` tries to take marks off it without removing it."""


class Leaf:
    """A node without children."""

    __slots__ = ()
    items = ()

    def simplify(self, attempt):
        """True where something became plainer; `attempt()` says whether the change may stay."""
        return False


class Branch:
    """A node whose items are its children."""

    __slots__ = ()

    @staticmethod
    def child(item):
        return item

    def simplify(self, attempt):
        return False


def labels(node):
    found = set()
    node.labels(found)
    return ",".join(sorted(found))


def copy(node):
    """A copy that may be cut down."""
    kind = type(node)
    made = kind.__new__(kind)
    for slot in kind.__slots__:
        value = getattr(node, slot)
        if slot == "items":
            value = [item[:-1] + [copy(item[-1])] if isinstance(item, list) else copy(item) for item in value]
        setattr(made, slot, value)
    return made


def shrink(root, still, budget=400):
    """Cuts the tree down, in place, as long as `still()` holds, which is asked at most `budget` times a round."""
    left = [budget]

    def attempt():
        left[0] -= 1
        return left[0] > 0 and still()

    def visit(node):
        changed = False
        at = len(node.items) - 1
        while at >= 0 and left[0] > 0:
            item = node.items.pop(at)
            if attempt():
                changed = True
            else:
                node.items.insert(at, item)
                changed |= visit(node.child(item))
            at -= 1
        return node.simplify(attempt) or changed

    while visit(root) and left[0] > 0:
        pass
