"""What a statement does to names.

Each top-level statement is looked at once: the names that it binds or changes in place when it is executed, and the
names that it reads, then or later from a function. Nothing is run; a name in a string is seen only where `globals` or
`eval` stands beside it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Set
from dataclasses import dataclass, field

# Methods that change what they are called on, though their answer is used.
MUTATORS = frozenset(
    {
        "append",
        "extend",
        "update",
        "add",
        "pop",
        "popitem",
        "popleft",
        "setdefault",
        "insert",
        "remove",
        "fit",
        "load_state_dict",
    }
)
SETTINGS = re.compile(
    r"(?:set|seed|manual_seed|use|enable|disable)"
)  # of a module: torch.manual_seed, sys.setrecursionlimit
SEEDS = re.compile(r"(?:manual_)?seed(?:_all)?")
ONLY_SHOW = frozenset({"print", "display", "check", "help", "len", "type", "plot", "show", "imshow", "hist", "scatter"})
BY_STRING = frozenset({"globals", "locals", "vars", "eval", "exec"})
WORD = re.compile(r"[^\W\d]\w*")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
MAX_DEPTH = 50
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
SILENT = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)  # nodes that name nothing: half of all
BRANCHES = (ast.If, ast.Try, ast.TryStar, ast.Match, ast.While, ast.IfExp)


@dataclass(frozen=True)
class Uses:
    """What a statement does to names.

    Args:
        binds: names that have another value, or another content, once it was executed.
        reads: names that it reads from outside of itself, now or later in a function that it defines.
        at_once: those that it reads when it is executed.
        acts_on: names that its functions bind or change when they are called.
    """

    binds: Set[str]
    reads: Set[str]
    at_once: Set[str]
    acts_on: Set[str]


@dataclass
class _Scope:
    """A function's, a comprehension's or a class's names; the statement itself is the outermost."""

    kind: str
    parent: _Scope | None = None
    runs_at_once: bool = True
    depth: int = 0
    stored: set[str] = field(default_factory=set)
    said_global: set[str] = field(default_factory=set)
    events: list[tuple[str, str]] = field(default_factory=list)

    def inner(self, kind: str) -> _Scope:
        """A scope within this one; deeper than any honest code its names are this one's."""
        if self.depth >= MAX_DEPTH:
            return self
        return _Scope(kind, self, self.runs_at_once and kind != "function", self.depth + 1)

    def owns(self, name: str) -> bool:
        return name in self.stored and name not in self.said_global and self.kind in ("function", "comprehension")


def uses_of(statement: ast.stmt, modules: Set[str] = frozenset(), never: Set[str] = frozenset()) -> Uses:
    """Return what a statement does to names.

    Args:
        statement: a top-level statement of a cell.
        modules: names of imported modules: to call a function of one changes nothing but settings.
        never: functions whose calls don't count as a change of their arguments.
    """
    return _Walk(modules, never).of(statement)


class _Walk:
    """Visits a statement in the order of its execution, without recursion."""

    def __init__(self, modules: Set[str], never: Set[str]) -> None:
        self.modules, self.quiet = modules, never | ONLY_SHOW
        self.alone = False
        self.top = _Scope("statement")
        self.scopes = [self.top]
        self.definite: set[str] = set()
        self.outside: set[str] = set()
        self.words: set[str] = set()

    def of(self, statement: ast.stmt) -> Uses:
        self.alone = isinstance(statement, ast.Expr)
        waiting: list[tuple[ast.AST, _Scope, bool]] = [(statement, self.top, False)]
        while waiting:
            node, scope, branch = waiting.pop()
            waiting += reversed(self._visit(node, scope, branch))
        return self._result()

    def _result(self) -> Uses:
        """Return what was seen, once a function's own names are all known."""
        binds, acts_on, later = set(self.top.stored), set[str](), set[str]()
        for scope in self.scopes[1:]:
            outer = {event for event in scope.events if not _is_local(scope, event[1])}
            changed = {name for what, name in outer if what == "change"} | (scope.stored & scope.said_global)
            (binds if scope.runs_at_once else acts_on).update(changed)
            if not scope.runs_at_once:
                later.update(name for what, name in outer if what == "read")
        reads = self.outside | later
        return Uses(binds, reads | self.words if BY_STRING & reads else reads, self.outside, acts_on)

    def _visit(self, node: ast.AST, scope: _Scope, branch: bool) -> list[tuple[ast.AST, _Scope, bool]]:
        if isinstance(node, FUNCTIONS):
            return self._function(node, scope, branch)
        if isinstance(node, ast.ClassDef):
            self._store(node.name, scope, branch)
            inner = self._inner("class", scope)
            outer: list[ast.AST] = [*node.decorator_list, *node.bases, *node.keywords]
            return [(one, scope, branch) for one in outer] + [(one, inner, branch) for one in node.body]
        if isinstance(node, COMPREHENSIONS):
            return self._comprehension(node, scope, branch)
        if isinstance(node, ast.Name):
            self._name(node, scope, branch)
            return []
        self._bind_or_change(node, scope, branch)
        below = branch or isinstance(node, BRANCHES)
        return [(one, scope, below) for one in _in_order(node)]

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: _Scope, branch: bool
    ) -> list[tuple[ast.AST, _Scope, bool]]:
        inner = self._inner("function", scope)
        args = node.args
        named = [*args.posonlyargs, *args.args, *args.kwonlyargs, *filter(None, (args.vararg, args.kwarg))]
        inner.stored.update(one.arg for one in named)
        outer = [*args.defaults, *args.kw_defaults, *(one.annotation for one in named)]
        body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else [*node.body]
        if not isinstance(node, ast.Lambda):
            self._store(node.name, scope, branch)
            outer += [*node.decorator_list, node.returns]
        return [(one, scope, branch) for one in outer if one] + [(one, inner, branch) for one in body]

    def _comprehension(self, node: ast.AST, scope: _Scope, branch: bool) -> list[tuple[ast.AST, _Scope, bool]]:
        inner = self._inner("comprehension", scope)
        first, *others = node.generators  # type: ignore[attr-defined]
        parts = [first.target, *first.ifs, *others]
        parts += [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]  # type: ignore[attr-defined]
        return [(first.iter, scope, branch)] + [(one, inner, branch) for one in parts]

    def _inner(self, kind: str, parent: _Scope) -> _Scope:
        inner = parent.inner(kind)
        if inner is not parent:
            self.scopes.append(inner)
        return inner

    def _name(self, node: ast.Name, scope: _Scope, branch: bool) -> None:
        if isinstance(node.ctx, ast.Load):
            self._read(node.id, scope)
        else:
            self._store(node.id, scope, branch)

    def _read(self, name: str, scope: _Scope) -> None:
        if scope is not self.top:
            scope.events.append(("read", name))
        if (scope is self.top or scope.runs_at_once) and name not in self.definite and not _is_local(scope, name):
            self.outside.add(name)

    def _store(self, name: str, scope: _Scope, branch: bool) -> None:
        scope.stored.add(name)
        if scope is self.top and not branch:
            self.definite.add(name)

    def _change(self, node: ast.AST, scope: _Scope) -> None:
        name = _root(node)
        if name and scope is self.top:
            self.top.stored.add(name)
        elif name:
            scope.events.append(("change", name))

    def _bind_or_change(self, node: ast.AST, scope: _Scope, branch: bool) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                self._store((alias.asname or alias.name).split(".")[0], scope, branch)
        elif isinstance(node, ast.Global):
            scope.said_global.update(node.names)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar | ast.MatchMapping):
            if name := getattr(node, "name", None) or getattr(node, "rest", None):
                self._store(name, scope, branch)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            self._read(node.target.id, scope)
        elif isinstance(node, ast.NamedExpr) and scope.kind == "comprehension":
            self._walrus(node.target.id, scope)
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            self._change(node, scope)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            self._call_for_its_effect(node.value, scope)
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _changes_its_object(node.func.attr)
        ):
            if _root(node.func) not in self.modules:
                self._change(node.func, scope)
            elif node.func.attr.endswith("_"):  # torch.nn.init.zeros_(weight), where torch.add(x, y) changes nothing
                self._change_arguments(node, scope)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) <= 500:
            self.words.update(WORD.findall(node.value))

    def _walrus(self, name: str, scope: _Scope) -> None:
        outer: _Scope = scope
        while outer.kind == "comprehension" and outer.parent:
            outer = outer.parent
        outer.stored.add(name)

    def _call_for_its_effect(self, call: ast.Call, scope: _Scope) -> None:
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        root = _root(call.func)
        if called in self.quiet or root == "plt":
            return
        if isinstance(call.func, ast.Attribute) and (root not in self.modules or self._is_setting(called)):
            self._change(call.func, scope)
        self._change_arguments(call, scope)

    def _change_arguments(self, call: ast.Call, scope: _Scope) -> None:
        for one in [*call.args, *(keyword.value for keyword in call.keywords)]:
            inner = one.value if isinstance(one, ast.Starred) else one
            if _root(inner) not in self.modules:
                self._change(inner, scope)

    def _is_setting(self, called: str) -> bool:
        """Whether a module's function changes it for what comes after.

        A seed that is set within a loop or a function is for what is drawn there, not for the statements after it.
        """
        return bool(SETTINGS.match(called)) and (self.alone or not SEEDS.fullmatch(called))


def _changes_its_object(method: str) -> bool:
    return method in MUTATORS or (method.endswith("_") and not method.endswith("__"))


def _is_local(scope: _Scope, name: str) -> bool:
    step: _Scope | None = scope
    while step is not None:
        if step.owns(name):
            return True
        step = step.parent
    return False


def _root(node: ast.AST) -> str:
    """The name that an attribute or an item is of: `a` of `a.b[0].c`."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _in_order(node: ast.AST) -> list[ast.AST]:
    """A node's parts in the order of their execution: what is read comes before what it is bound to."""
    if isinstance(node, ast.Assign):
        return [node.value, *node.targets]
    if isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
        return [one for one in (node.value, node.target) if one]
    if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        rest = node.ifs if isinstance(node, ast.comprehension) else [*node.body, *node.orelse]
        return [node.iter, node.target, *rest]
    return [one for one in ast.iter_child_nodes(node) if not isinstance(one, SILENT)]
