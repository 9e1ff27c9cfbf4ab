-- both: no, the new program has no agent in it that could be asked
-- "#!": a file whose first line names the program that runs it. What that program is given is read from /proc/PID/cmdline; it only
-- waits.
local a = spawn("a")

local code = "\xb8\x22\0\0\0\x0f\x05\xeb\xf7"	-- mov eax, 34 (pause); syscall; jmp back
local ehdr = string.pack("<c16I2I2I4I8I8I8I4I2I2I2I2I2I2", "\x7fELF\2\1\1", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0)
local text = string.pack("<I4I4I8I8I8I8I8I8", 1, 5, 0, 0x400000, 0x400000, 0x90, 0x90, 4096)

local function put(path, bytes, mode)
	local fd = a:open(path, "w,creat,trunc", mode or 0x1ed)
	a:write_fd(fd, bytes)
	a:close(fd)
end
put("/wait", ehdr .. text .. code .. ("\0"):rep(15))

-- What the program that runs in the end is given, its arguments put together with '|'.
local function given(path, argv)
	local b = a:fork()
	local h = b:start("execve", path, argv or 0, 0)
	local fd = a:open("/proc/" .. b.pid .. "/cmdline", "r")
	local said = a:read_fd(fd, 500)
	a:close(fd)
	a:syscall("kill", b.pid, 9)
	a:wait(b)
	return (said:sub(1, -2):gsub("\0", "|"))
end
local function fails(errno, path)
	local value, got = a:exec(path, {path, "x"})
	expect.eq(value, nil)
	expect.eq(got, errno)
end

step("The program, the script; an argument goes between")
put("/script", "#!/wait\n")
expect.eq(given("/script"), "/wait|/script")
put("/script", "#! \t/wait \t an argument, all of it \t\nmore")
expect.eq(given("/script"), "/wait|an argument, all of it|/script")
put("/script", "#!/wait")
expect.eq(given("/script"), "/wait|/script", "no newline: the file's end does")

step("A script that is run by a script")
put("/outer", "#!/script outer\n")
put("/script", "#!/wait -x\n")
expect.eq(given("/outer"), "/wait|-x|/script|outer|/outer")

step("The name is the script's")
local b = a:fork()
b:start("execve", "/script", 0, 0)
local fd = a:open("/proc/" .. b.pid .. "/comm", "r")
expect.eq(a:read_fd(fd, 20), "script\n")
a:close(fd)
a:syscall("kill", b.pid, 9)
a:wait(b)

step("Refused")
put("/script", "#!\n")
fails("ENOEXEC", "/script")
put("/script", "#!   \t \n/wait")
fails("ENOEXEC", "/script")
put("/script", "#!/none\n")
fails("ENOENT", "/script")
put("/script", "#!/dev\n")
fails("EACCES", "/script")
put("/plain", "#!/wait\n", 0x1a4)
fails("EACCES", "/plain")
put("/script", "#!/plain\n")
fails("EACCES", "/script")
put("/script", "#!/text\n")
put("/text", "no program")
fails("ENOEXEC", "/script")
put("/script", "#!/script\n")
fails("ELOOP", "/script")

step("A path that may have been cut off is none; an argument may")
put("/script", "#!/" .. ("x"):rep(253) .. "\n")
fails("ENOEXEC", "/script")
put("/script", "#!/wait " .. ("x"):rep(300) .. "\n")
expect.eq(given("/script"), "/wait|" .. ("x"):rep(247) .. "|/script")

step("Five rewrites are allowed, six are not")
put("/s0", "#!/wait\n")
for i = 1, 5 do put("/s" .. i, "#!/s" .. i - 1 .. "\n") end
expect.eq(given("/s4"), "/wait|/s0|/s1|/s2|/s3|/s4")
fails("ELOOP", "/s5")
