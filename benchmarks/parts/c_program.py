"""The same emitted source as a C program with Euler steps: the yardstick of `engine.py`.

Compiled with `cc -O3 -march=native`; arithmetic is not relaxed, as it is not in the engine.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
from pathlib import Path

from simdistrict.engine.program import Program
from simdistrict.model.model import TimeGrid

HEAD = """
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#define max(a, b) pick_max(a, b)
#define min(a, b) pick_min(a, b)
static inline double pick_max(double a, double b) { return b > a ? b : a; }
static inline double pick_min(double a, double b) { return b < a ? b : a; }
static inline double zidz(double x, double y) { return fabs(y) < 1e-6 ? 0.0 : x / y; }
static inline double xidz(double x, double y, double o) { return fabs(y) < 1e-6 ? o : x / y; }
static inline double step(double s, double h, double a) { return s > a ? h : 0.0; }
static inline double ramp(double t, double slope, double a, double b) {
  return t <= a ? 0.0 : slope * ((t < b ? t : b) - a);
}
static inline double pulse(double s, double a, double w, double dt) {
  double since = s - a;
  return 0.0 < since && since < (w > 0.0 ? w : dt) ? 1.0 : 0.0;
}
static inline double integer(double x) { return trunc(x); }
static inline double modulo(double x, double y) { return fmod(x, y); }
static double lookup(const double *restrict v, long a, long n, double x) {
  long b = a + n - 1, low = a, high = b;
  if (x <= v[a]) return v[a + n];
  if (x >= v[b]) return v[b + n];
  while (low < high) {
    long mid = (low + high) / 2;
    if (x < v[mid]) high = mid; else low = mid + 1;
  }
  double x0 = v[low - 1], y0 = v[low - 1 + n];
  return y0 + (x - x0) * (v[low + n] - y0) / (v[low] - x0);
}
"""
MAIN = """
static double v[{size}], saved[{rows}][{values}];
static void member(int keep) {{
  memcpy(v, TEMPLATE, sizeof v);
  v[0] = v[1] = {start}; v[2] = v[3] = {start} + {half}; v[4] = 1.0;
  once(v); start(v); settle(v);
  int row = 0;
  for (long i = 0; i <= {steps}; i++) {{
    double t = {start} + i * {time_step};
    v[0] = v[1] = t; v[2] = v[3] = t + {half}; v[4] = 1.0;
    derive(v);
    for (long k = 0; k < {sampled}; k++) v[{held_at} + k] = v[{sampled_at} + k];
    if (keep && (i % {every} == 0 || i == {steps})) memcpy(saved[row++], v, sizeof saved[0]);
    if (i < {steps})
      for (long k = 0; k < {stocks}; k++)
        v[{stocks_at} + k] = v[{stocks_at} + k] + {time_step} * v[{rates_at} + k];
  }}
}}
int main(int argc, char **argv) {{
  int repeat = atoi(argv[1]), keep = atoi(argv[2]);
  double sum = 0.0;
  struct timespec a, b;
  member(keep);
  clock_gettime(CLOCK_MONOTONIC, &a);
  for (int r = 0; r < repeat; r++) member(keep);
  clock_gettime(CLOCK_MONOTONIC, &b);
  double taken = ((b.tv_sec - a.tv_sec) + 1e-9 * (b.tv_nsec - a.tv_nsec)) / repeat;
  for (long k = 0; k < {stocks}; k++) sum += v[{stocks_at} + k];
  printf("%.9e %.17g\\n", taken, sum);
  return 0;
}}
"""
_OPS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.And: "&&", ast.Or: "||"}
_COMPARE = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}


def compiler() -> str | None:
    """A C compiler of this machine."""
    return shutil.which("gcc") or shutil.which("cc")


def build(program: Program, grid: TimeGrid, folder: Path) -> Path:
    """Compile the program for its own constants and this grid."""
    source, target = folder / "program.c", folder / "program"
    source.write_text(c_source(program, grid))
    found = compiler()
    assert found
    flags = ["-O3", "-march=native", "-ffp-contract=off", "-fno-math-errno"]
    subprocess.run([found, *flags, str(source), "-o", str(target), "-lm"], check=True)
    return target


def seconds(target: Path, repeat: int, *, keep: bool) -> tuple[float, float]:
    """The mean of some runs, and the sum of the final stocks."""
    done = subprocess.run(
        [str(target), str(repeat), str(int(keep))], check=True, capture_output=True, text=True
    )
    taken, total = done.stdout.split()
    return float(taken), float(total)


def c_source(program: Program, grid: TimeGrid) -> str:
    """The whole program as text."""
    layout = program.layout
    tree = ast.parse(program.source)
    parts = [HEAD]
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Tuple):
            items = ", ".join(ast.unparse(e) for e in node.value.elts) or "0"
            parts.append(f"static const long {ast.unparse(node.target)}[] = {{{items}}};")
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in ("once", "start", "settle", "derive"):
            parts.append(_function(node))
    numbers = ", ".join(_number(x) for x in layout.template)
    parts.append(f"static const double TEMPLATE[] = {{{numbers}}};")
    parts.append(
        MAIN.format(
            size=len(layout.template),
            values=layout.values,
            rows=len(grid.saved),
            start=repr(grid.start),
            half=repr(grid.time_step / 2),
            steps=grid.steps,
            every=grid.every,
            time_step=repr(grid.time_step),
            stocks=layout.stocks.size,
            stocks_at=layout.stocks.start,
            rates_at=layout.rates.start,
            sampled=layout.sampled.size,
            sampled_at=layout.sampled.start,
            held_at=layout.held_samples.start,
        )
    )
    return "\n".join(parts)


def _number(x: float) -> str:
    return {"nan": "NAN", "inf": "INFINITY", "-inf": "-INFINITY"}.get(repr(x), repr(x))


def _function(node: ast.FunctionDef) -> str:
    kinds = {"float": "double", "int": "long", "bool": "int"}
    names: dict[str, str] = {}
    for n in ast.walk(node):
        if isinstance(n, ast.AnnAssign):
            names[ast.unparse(n.target)] = kinds[ast.unparse(n.annotation)]
        elif isinstance(n, ast.For):
            names[ast.unparse(n.target)] = "long"
    lines = [f"static void {node.name}(double *restrict v) {{"]
    lines += [f"  {kind} x_{name};" for name, kind in sorted(names.items())]
    for statement in node.body:
        lines += _statement(statement)
    return "\n".join([*lines, "}"])


def _statement(node: ast.stmt) -> list[str]:
    match node:
        case ast.Pass() | ast.Expr(ast.Call(ast.Name("slopes"))):
            # this program divides in every call of a lookup
            return []
        case ast.AnnAssign(target, _, ast.expr() as value):
            return [f"{_expr(target)} = {_expr(value)};"]
        case ast.Assign(targets, value):
            return [" = ".join([*map(_expr, targets), _expr(value)]) + ";"]
        case ast.AugAssign(target, op, value):
            return [f"{_expr(target)} {_OPS[type(op)]}= {_expr(value)};"]
        case ast.For(ast.Name(name), ast.Call(_, [count]), body):
            head = f"for (x_{name} = 0; x_{name} < {_expr(count)}; x_{name}++) {{"
            return [head, *(line for s in body for line in _statement(s)), "}"]
        case ast.If(test, body):
            inside = (line for s in body for line in _statement(s))
            return [f"if ({_expr(test)}) {{", *inside, "}"]
    raise ValueError(ast.unparse(node))


def _expr(node: ast.expr) -> str:
    match node:
        case ast.Constant(value):
            return repr(value)
        case ast.Name("inf"):
            return "INFINITY"
        case ast.Name(name):
            return name if name.isupper() else f"x_{name}"
        case ast.Subscript(ast.Name(name), index):
            return f"{name}[{_expr(index)}]"
        case ast.UnaryOp(op, operand):
            return f"({'!' if isinstance(op, ast.Not) else '-'}{_expr(operand)})"
        case ast.BinOp(left, op, right):
            return f"({_expr(left)} {_OPS[type(op)]} {_expr(right)})"
        case ast.BoolOp(op, values):
            return "(" + f" {_OPS[type(op)]} ".join(map(_expr, values)) + ")"
        case ast.Compare(left, [op], [right]):
            return f"({_expr(left)} {_COMPARE[type(op)]} {_expr(right)})"
        case ast.IfExp(test, yes, no):
            return f"({_expr(test)} ? {_expr(yes)} : {_expr(no)})"
        case ast.Call(ast.Name(name), args):
            texts = ["v" if ast.unparse(a) == "v" else _expr(a) for a in args]
            if name in ("max", "min") and len(texts) > 2:
                inner = texts[0]
                for text in texts[1:]:
                    inner = f"{name}({inner}, {text})"
                return inner
            return f"{'fabs' if name == 'abs' else name}({', '.join(texts)})"
    raise ValueError(ast.unparse(node))
