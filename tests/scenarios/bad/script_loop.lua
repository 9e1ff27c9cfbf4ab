-- flags: --time-limit 0.5
-- status: 5
-- stderr: the script ran 0.5 seconds without an operation (--time-limit)
while true do pcall(function() while true do end end) end
