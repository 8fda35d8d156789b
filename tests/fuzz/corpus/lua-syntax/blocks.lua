function m.a:b () repeat local x = self.y until x > 3 while true do break end end
if a then elseif b then else end
return { { 1, 2 }, x = -3, y = nil }
