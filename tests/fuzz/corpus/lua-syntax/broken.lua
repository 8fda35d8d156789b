x = = 2
for i = 1 do
local s = "open
