"""How long a .mdl file of many lines takes to be read and lowered, in seconds of this process.

Claim: a file of 4,000 lines takes less than half a second, one of 1.5 MB less than ten. Both are
of arrays of 32 numbers, without the cache. Nothing is asserted: seconds depend on the machine.

usage: python benchmarks/reading.py [BLOCKS ...]
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import time

from simdistrict.engine.lowering.build import build
from simdistrict.exchange.mdl.reader import read_mdl_text

# a stock with its flows, a constant, a lookup and a delay
BLOCK = """
c{k}[d] = 1 ~ Dmnl [0,10] ~ A constant of block {k}, stated for every label alike. |

t{k}( [(0,0)-(10,10)],(0,0),(1,2),(5,4),(10,10) ) ~ Dmnl ~ A table. |

s{k}[d] = INTEG( f{k}[d] - g{k}[d], c{k}[d] * 10 ) ~ widget ~ The stock of block {k}. |

f{k}[d] = MAX(0, s{k}[d] * c{k}[d] / (1 + t{k}(Time / 10)) + SMOOTH3(c{before}[d], 5))
    ~ widget/Month ~ What comes in. |

g{k}[d] = IF THEN ELSE(s{k}[d] > 5 :AND: Time > 3, s{k}[d] / 7, 0)
    ~ widget/Month ~ What goes out. |
"""
CONTROL = "\n".join(
    f"{name} = {value} ~ Month ~ |"
    for name, value in (("INITIAL TIME", 0), ("FINAL TIME", 10), ("TIME STEP", 1), ("SAVEPER", 1))
)


def main() -> None:
    """Measure and print one table, and where the time of the last line goes."""
    print(f"{'blocks':>8}{'lines':>8}{'MB':>7}{'elements':>10}{'reading':>9}{'lowering':>9}")
    for count in [int(word) for word in sys.argv[1:]] or [200, 3100]:
        text = model_text(count)
        begin = time.process_time()
        model = read_mdl_text(text, "model")
        middle = time.process_time()
        build(model)
        seconds = f"{middle - begin:9.2f}{time.process_time() - middle:9.2f}"
        size = f"{text.count(chr(10)):8}{len(text) / 1e6:7.2f}{len(model.elements):10}"
        print(f"{count:8}{size}{seconds}", flush=True)
    profile = cProfile.Profile()
    profile.runcall(build, read_mdl_text(model_text(400), "model"))
    pstats.Stats(profile).sort_stats("cumulative").print_stats("engine/", 14)


def model_text(blocks: int) -> str:
    """A model of so many blocks, one field a line as Vensim writes them."""
    parts = [BLOCK.format(k=k, before=max(0, k - 1)) for k in range(blocks)]
    text = "\n".join(["d: (l1-l32) ~~|", *parts, CONTROL])
    return "{UTF-8}\n" + text.replace(" ~ ", "\n\t~\t") + "\n"


if __name__ == "__main__":
    main()
