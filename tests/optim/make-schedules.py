#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes schedules.golden: the learning rates of PyTorch's schedules over 20 steps, from 0.1.

    python3 make-schedules.py > schedules.golden

A line is: row, attributes, ";", the rates.  An epoch is a step.  The values that ReduceLROnPlateau sees are those of test-schedules.c.
"""
import torch
from torch.optim import lr_scheduler as s

STEPS = 20
SEEN = [5, 4, 4, 4, 3.5, 3.6, 3.6, 3.6, 3.49999, 3.6, 3.7, 3, 3, 3, 3, 3, 3, 3, 3, 3]
CASES = [
    ('step', 'step_size=3 gamma=0.5', lambda o: s.StepLR(o, 3, 0.5)),
    ('multistep', 'milestones={2,5,11} gamma=0.2', lambda o: s.MultiStepLR(o, [2, 5, 11], 0.2)),
    ('exponential', 'gamma=0.9', lambda o: s.ExponentialLR(o, 0.9)),
    ('warmup', 'total_iters=7 start_factor=0.25', lambda o: s.LinearLR(o, 0.25, 1, 7)),
    ('cosine', 'T_max=19 eta_min=0.01', lambda o: s.CosineAnnealingLR(o, 19, 0.01)),
    ('cosine_restarts', 'T_0=5 eta_min=0.001', lambda o: s.CosineAnnealingWarmRestarts(o, 5, 1, 0.001)),
    ('cosine_restarts', 'T_0=2 T_mult=3', lambda o: s.CosineAnnealingWarmRestarts(o, 2, 3)),
    ('polynomial', 'total_iters=12 power=2', lambda o: s.PolynomialLR(o, 12, 2)),
    ('polynomial', 'total_iters=20', lambda o: s.PolynomialLR(o, 20)),
    ('one_cycle', 'total_steps=20', lambda o: s.OneCycleLR(o, 0.1, total_steps=20, cycle_momentum=False)),
    ('one_cycle', 'total_steps=20 pct_start=0.5 div_factor=4 final_div_factor=10',
     lambda o: s.OneCycleLR(o, 0.1, total_steps=20, pct_start=0.5, div_factor=4, final_div_factor=10, cycle_momentum=False)),
    ('plateau', 'patience=1 factor=0.5', lambda o: s.ReduceLROnPlateau(o, factor=0.5, patience=1)),
    ('plateau', 'patience=0 factor=0.1 cooldown=2 min_lr=0.0005 threshold=0.01 threshold_mode=abs',
     lambda o: s.ReduceLROnPlateau(o, factor=0.1, patience=0, cooldown=2, min_lr=0.0005, threshold=0.01, threshold_mode='abs')),
    ('constant', '', lambda o: s.LambdaLR(o, lambda t: 1)),
]


def main():
    print('# SPDX-License-Identifier: Apache-2.0')
    print(f'# Made by make-schedules.py with PyTorch {torch.__version__.split("+")[0]}.')
    for name, attributes, make in CASES:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
        schedule = make(optimizer)
        rates = []
        for step in range(STEPS):
            rates.append(optimizer.param_groups[0]['lr'])
            optimizer.step()
            if name == 'plateau':
                schedule.step(SEEN[step])
            elif step + 1 < STEPS:
                schedule.step()
        print(f'{name} {attributes}; ' + ' '.join(f'{r:.17g}' for r in rates))


if __name__ == '__main__':
    main()
