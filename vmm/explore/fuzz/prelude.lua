-- What every program of `vmm fuzz` begins with. T: the tasks; P: what blocks each; S: segments. A line is harmless once its
-- task is gone or blocked, so that any steps before it can be left out.
T, P, S, CODE = {}, {}, {}, 0x10400000

function able(i)
	local t = T[i]
	return t and t:alive() and (not P[i] or P[i]:done()) and t
end
function on(i, method, ...)
	local t = able(i)
	if t then return t[method](t, ...) end
end
-- A call that may block.
function go(i, ...)
	local t = able(i)
	if t then P[i] = t:start(...) end
end
-- One of the living.
function pick(n)
	local living = {}
	for _, t in ipairs(T) do if t:alive() then living[#living + 1] = t end end
	return living[1 + n % math.max(#living, 1)] or T[1]
end
function segment(n) return S[1 + n % math.max(#S, 1)] or 0 end
function iov(...) return string.pack(string.rep("<I8", select("#", ...)), ...) end

-- The end of the heap, from where it begins; a thread that made execve goes by an id of its own no more, and is left alone.
function brk(i, more)
	local t = able(i)
	local ok, mm = pcall(function() return t:mm() end)
	if ok then on(i, "brk", mm.start_brk + more) end
end
-- A soft limit.
function limit(i, name, soft)
	local _, hard = on(i, "rlimit", name)
	if hard then on(i, "rlimit", name, soft, hard) end
end
-- A call on one of the task's own files in /proc.
function proc(i, name, call, ...)
	local fd = on(i, "open", "/proc/self/" .. name, name == "mem" and "rw" or "w")
	if fd then
		on(i, "syscall", call, fd, ...)
		on(i, "close", fd)
	end
end

-- A page of code: a handler of signals that returns at once, at 16 the way back from it, at 32 what child() puts there.
function code(i)
	on(i, "mmap", {addr = CODE, len = PAGE, prot = "rwx", flags = "private,anon,fixed"})
	on(i, "write", CODE, "\xc3")				-- ret
	on(i, "write", CODE + 16, "\xb8\x0f\0\0\0\x0f\x05")	-- mov $15, %eax; syscall	rt_sigreturn
end
-- clone(flags): the child makes one call and ends. Its stack may be its parent's, so it touches no memory itself.
function child(i, flags, nr, a, b, c)
	on(i, "write", CODE + 32, "\xbf" .. string.pack("<I4", flags) ..	-- mov $flags, %edi
		"\x31\xf6\x31\xd2\x45\x31\xd2\x45\x31\xc0" ..			-- rsi = rdx = r10 = r8 = 0
		"\xb8\x38\0\0\0\x0f\x05\x85\xc0\x75\x22" ..			-- mov $56, %eax; syscall; test %eax, %eax; jnz 1f	clone
		"\xbf" .. string.pack("<I4", a) .. "\xbe" .. string.pack("<I4", b) .. "\xba" .. string.pack("<I4", c) ..
		"\xb8" .. string.pack("<I4", nr) .. "\x0f\x05" ..		-- mov a, %edi; b, %esi; c, %edx; nr, %eax; syscall
		"\xbf\x07\0\0\0\xb8\x3c\0\0\0\x0f\x05" ..			-- mov $7, %edi; mov $60, %eax; syscall	exit
		"\xc3")								-- 1: ret
	on(i, "run", CODE + 32)
end
function exec(i, path)
	if on(i, "exec", path) then code(i) end
end

-- A process with descriptors 3 (a memfd), 4 (a file of a name), 5 (/dev/zero), 6 (its program), 7 and 8 (a pipe).
function begin()
	local i = #T + 1
	T[i] = spawn()
	on(i, "memfd", "m")
	on(i, "ftruncate", 3, 16*PAGE)
	on(i, "open", "/f", "rw,creat")
	on(i, "ftruncate", 4, 16*PAGE)
	on(i, "open", "/dev/zero", "rw")
	on(i, "open", "/agent")
	on(i, "pipe", "nonblock")
	code(i)
end
begin()
