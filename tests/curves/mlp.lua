-- SPDX-License-Identifier: Apache-2.0
local model = nn.Sequential (nn.Linear (32, 64), nn.ReLU (), nn.Linear (64, 64), nn.Tanh (), nn.Linear (64, 10))

curve (model, function (m) return optim.Adam (m, { lr = 1e-3 }) end, function (i)
  local x, y = noise ({ 32, 32 }, 'x' .. i):to ('f32'), classes ({ 32 }, 10, 'y' .. i)
  return tl.cross_entropy (model (x), y)
end)
