#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes goldens.txt: what PyTorch computes from the samples of the table of operations.

    tests/golden/make-goldens.py build/tests/golden/test-golden

Run by hand with a Python that has PyTorch, after rows or samples have changed.  With names of rows behind the program, only
their lines are made anew.  A line is

    row <tab> shapes <tab> attributes <tab> sum of the operands <tab> result [<tab> result ...]

and a result is its dtype and shape, then its elements: "f64[2,2] 1 2 3 4".
"""

import json
import math
import pathlib
import subprocess
import sys
import tempfile

import torch
import torch.nn.functional as F

GOLDENS = pathlib.Path(__file__).with_name("goldens.txt")
DTYPES = {
    "f32": torch.float32, "f64": torch.float64, "f16": torch.float16, "bf16": torch.bfloat16, "i8": torch.int8,
    "u8": torch.uint8, "i32": torch.int32, "i64": torch.int64, "bool": torch.bool,
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


def attribute(value):
    return DTYPES[value["dtype"]] if isinstance(value, dict) else value


def operand(description):
    values = torch.tensor(description["values"], dtype=torch.float64)
    return values.to(DTYPES[description["dtype"]]).reshape(description["shape"])


def number(value):
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return f"{float(value):.13g}"


def result(tensor):
    shape = ",".join(str(size) for size in tensor.shape)
    values = " ".join(number(value) for value in tensor.detach().flatten().tolist())
    return f"{NAMES[tensor.dtype]}[{shape}] {values}"


def evaluate(case):
    x = [operand(description) for description in case["inputs"]]
    names = {"torch": torch, "F": F, "math": math, "x": x}
    names.update({f"x{i}": tensor for i, tensor in enumerate(x)})
    names.update({name: attribute(value) for name, value in case["attrs"].items()})
    value = eval(case["torch"], names)
    return [result(tensor) for tensor in (value if isinstance(value, (tuple, list)) else [value])]


def main():
    program, only = sys.argv[1], set(sys.argv[2:])
    lines = {}
    failed = 0
    if only and GOLDENS.exists():
        for line in GOLDENS.read_text().splitlines():
            if not line.startswith("#") and line.split("\t")[0] not in only:
                lines[tuple(line.split("\t")[:3])] = line
    with tempfile.NamedTemporaryFile("r", suffix=".json") as file:
        subprocess.run([program, "--dump-samples", file.name], check=True)
        cases = [json.loads(line) for line in file]
    for case in cases:
        if only and case["op"] not in only:
            continue
        key = (case["op"], case["shapes"], case["text"])
        try:
            lines[key] = "\t".join([*key, f"{case['sum']:.12g}", *evaluate(case)])
        except Exception as error:
            failed += 1
            print(f"{case['op']} {{{case['shapes']}}} {{{case['text']}}}: {error}", file=sys.stderr)
    head = f"# PyTorch {torch.__version__}; written by make-goldens.py"
    GOLDENS.write_text("\n".join([head, *(lines[key] for key in sorted(lines))]) + "\n")
    print(f"{len(lines)} cases, {GOLDENS.stat().st_size} bytes, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
