-- Exceptions of ring 3 that are no page faults, each with the signal and code that Linux gives.
local a = spawn("a")
local p = a:mmap{len = PAGE, prot = "rwx"}
local function run(code, want)
	a:write(p, code)
	expect.fault(function() return a:run(p) end, want)
end
step("div by zero")
run("\x31\xc9\xf7\xf1\xc3", {signal = "SIGFPE", code = "FPE_INTDIV", addr = p + 2})
step("ud2")
run("\x0f\x0b", {signal = "SIGILL", code = "ILL_ILLOPN", addr = p})
step("hlt, cli and in: ring 0's")
run("\xf4", {signal = "SIGSEGV", code = "SI_KERNEL", addr = 0})
run("\xfa", {signal = "SIGSEGV", code = "SI_KERNEL", addr = 0})
run("\xe4\x80", {signal = "SIGSEGV", code = "SI_KERNEL", addr = 0})
