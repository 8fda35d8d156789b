-- SPDX-License-Identifier: Apache-2.0
-- A regression over all data at once; the search is fit's.
local model = nn.Sequential (nn.Linear (8, 4), nn.Linear (4, 1))
local x = noise ({ 64, 8 }, 'x'):to ('f32')
local y = (x:sum ({ 1 }, { keepdim = true }) * 0.5):sin () + x:slice ({ dim = 1, start = 0, ['end'] = 1 })

curve_of_fit (model, optim.LBFGS { lr = 1, max_iter = 1, history_size = 5, line_search_fn = 'strong_wolfe' }, x, y, 'mse')
