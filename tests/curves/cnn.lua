-- SPDX-License-Identifier: Apache-2.0
local model = nn.Sequential (
  nn.Conv2d (1, 8, 3, { padding = 1 }), nn.ReLU (), nn.MaxPool2d (2),
  nn.Conv2d (8, 16, 3, { padding = 1 }), nn.ReLU (), nn.MaxPool2d (2),
  nn.Flatten (), nn.Linear (784, 10))

curve (model, function (m) return optim.Adam (m, { lr = 1e-3 }) end, function (i)
  local x, y = noise ({ 16, 1, 28, 28 }, 'x' .. i):to ('f32'), classes ({ 16 }, 10, 'y' .. i)
  return tl.cross_entropy (model (x), y)
end)
