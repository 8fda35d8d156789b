-- SPDX-License-Identifier: Apache-2.0
local model = nn.Module {
  embedding = nn.Embedding (64, 32),
  lstm = nn.LSTM (32, 48, { num_layers = 2, batch_first = true }),
  head = nn.Linear (48, 64),
  forward = function (m, tokens)
    local y = m.lstm (m.embedding (tokens))
    return m.head (y)
  end,
}

curve (model, function (m) return optim.Adam (m, { lr = 1e-3 }) end, function (i)
  local x, y = classes ({ 8, 16 }, 64, 'x' .. i), classes ({ 8, 16 }, 64, 'y' .. i)
  return tl.cross_entropy (model (x):flatten (0, 1), y:flatten (0, 1))
end)
