#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes goldens.txt and layers.txt: what PyTorch computes from the samples of the tables of operations and layers.

    tests/golden/make-goldens.py build/tests/golden/test-golden
    tests/golden/make-goldens.py build/tests/golden/test-golden-layers

With --half it writes half.txt, some rows in bf16 and f16.

Run by hand with a Python that has PyTorch, after rows or samples have changed.  With names of rows behind the program, only
their lines are made anew.  A line is

    row <tab> shapes <tab> attributes <tab> sum of the operands <tab> result [<tab> result ...]

and a result is its dtype and shape, then its elements: "f64[2,2] 1 2 3 4".  Those of layers have a name before: "train y0",
"eval dx0", "eval dweight" (gradients of the sum of all y sin (1 + 0.7 i + number of the output)), "train running_mean".
"""

import collections
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
    if description is None:
        return None
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


def names_of(case, x):
    names = {"torch": torch, "F": F, "math": math, "collections": collections, "x": x}
    names.update({f"x{i}": tensor for i, tensor in enumerate(x)})
    names.update({name: attribute(value) for name, value in case["attrs"].items()})
    return names


def flat(value):
    if isinstance(value, (tuple, list)):
        return [tensor for item in value for tensor in flat(item)]
    return [value]


def evaluate(case):
    x = [operand(description) for description in case["inputs"]]
    return [result(tensor) for tensor in flat(eval(case["torch"], names_of(case, x)))]


def weighted_sum(outputs):
    total = 0
    for number, tensor in enumerate(outputs):
        if tensor.is_floating_point():
            weights = torch.sin(1 + 0.7 * torch.arange(tensor.numel(), dtype=torch.float64) + number)
            total = total + (tensor.flatten() * weights).sum()
    return total


def evaluate_layer(case):
    """A layer is a module, or an expression of the inputs; it is run in each of the modes from the same weights."""
    x = [operand(description) for description in case["inputs"]]
    for tensor, wanted in zip(x, case["diff"]):
        if wanted:
            tensor.requires_grad_()
    made = eval(case["torch"], names_of(case, x))
    layer = made.double() if isinstance(made, torch.nn.Module) else None
    if layer is not None:
        layer.load_state_dict({name: operand(tensor) for name, tensor in case["state"].items()})
    lines = []
    for mode in case["modes"]:
        for tensor in x:
            if tensor is not None:
                tensor.grad = None
        if layer is not None:
            layer.train(mode == "train")
            layer.zero_grad()
        outputs = flat(layer(*x) if layer is not None else eval(case["torch"], names_of(case, x)))
        lines += [f"{mode} y{i}={result(tensor)}" for i, tensor in enumerate(outputs)]
        total = weighted_sum(outputs)
        if not torch.is_tensor(total) or not total.requires_grad:
            continue
        total.backward()
        for i, (tensor, wanted) in enumerate(zip(x, case["diff"])):
            if wanted:
                lines.append(f"{mode} dx{i}={result(tensor.grad if tensor.grad is not None else torch.zeros_like(tensor))}")
        if layer is None:
            continue
        lines += [f"{mode} d{name}={result(tensor.grad)}" for name, tensor in layer.named_parameters() if tensor.grad is not None]
        lines += [f"{mode} {name}={result(tensor)}" for name, tensor in layer.named_buffers() if mode == "train"]
    return lines


def main():
    half = "--half" in sys.argv
    program, only = sys.argv[1], {name for name in sys.argv[2:] if name != "--half"}
    lines = {}
    failed = 0
    with tempfile.NamedTemporaryFile("r", suffix=".json") as file:
        subprocess.run([program, "--dump-half" if half else "--dump-samples", file.name], check=True)
        cases = [json.loads(line) for line in file]
    goldens = GOLDENS.with_name("layers.txt") if "state" in cases[0] else GOLDENS.with_name("half.txt") if half else GOLDENS
    if only and goldens.exists():
        for line in goldens.read_text().splitlines():
            if not line.startswith("#") and line.split("\t")[0] not in only:
                lines[tuple(line.split("\t")[:3])] = line
    for case in cases:
        if only and case["op"] not in only:
            continue
        key = (case["op"], case["shapes"], case["text"])
        try:
            lines[key] = "\t".join([*key, f"{case['sum']:.12g}", *(evaluate_layer if "state" in case else evaluate)(case)])
        except Exception as error:
            failed += 1
            print(f"{case['op']} {{{case['shapes']}}} {{{case['text']}}}: {error}", file=sys.stderr)
    head = f"# PyTorch {torch.__version__}; written by make-goldens.py"
    goldens.write_text("\n".join([head, *(lines[key] for key in sorted(lines))]) + "\n")
    print(f"{len(lines)} cases, {goldens.stat().st_size} bytes, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
