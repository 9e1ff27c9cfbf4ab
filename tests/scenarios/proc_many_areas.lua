-- maps of a process of many areas: it is made a buffer at a time, so the kernel holds one page of text, and between two reads
-- no lock. Reading goes on by address: areas that go or come meanwhile are told as they are when their turn comes.
-- both: no, what /proc says names devices, inodes and frames; tests/linux/proc compares it without them
a = spawn("a")
p = a:mmap{len=PAGE, prot="rwx"}
m = a:mmap{len=200*PAGE, prot="rw"}

step("every second page gets other rights: a loop of mprotect in the task itself")
-- mov rdi, m; mov esi, PAGE; mov edx, PROT_READ; again: mov eax, mprotect; syscall; add rdi, 2*PAGE; cmp rdi, end; jb again
a:write(p, "\x48\xbf" .. string.pack("<i8", m) .. "\xbe\x00\x10\x00\x00\xba\x01\x00\x00\x00")
a:write(p + 20, "\xb8\x0a\x00\x00\x00\x0f\x05\x48\x81\xc7\x00\x20\x00\x00")
a:write(p + 34, "\x48\xb8" .. string.pack("<i8", m + 200*PAGE) .. "\x48\x39\xc7\x72\xe3\xc3")
a:run(p)
expect.eq(a:mm().map_count, 204)

step("reading it costs one page of the kernel's, however long it is")
fd = a:open("/proc/self/maps")
kernel = frames().kernel
text = a:read_fd(fd, 512)
expect.eq(frames().kernel, kernel + 1)
repeat
	more = a:read_fd(fd, 512)
	text = text .. more
	expect.eq(frames().kernel, kernel + 1)
until more == ""
expect.eq(text, a:proc("maps"))
expect(#text > 2*PAGE)

step("any place in it can be asked for; behind its end there is nothing")
for _, at in ipairs{0, 1, 5000, #text - 1, #text, #text + 1, 1 << 40} do
	expect.eq(a:pread(fd, 50, at), text:sub(at + 1, at + 50))
end

step("a large buffer gets a page of text at most with each read")
b = a:mmap{len=8*PAGE}
a:lseek(fd, 0)
n = a:syscall("read", fd, b, 8*PAGE)
expect(n > PAGE - 100 and n <= PAGE, n)
expect.eq(a:read(b, 8), string.unpack("<i8", text))

step("areas that went meanwhile are not told, others are")
a:lseek(fd, 0)
text = a:read_fd(fd, 512) .. a:read_fd(fd, 512)
a:munmap(m + 150*PAGE, 40*PAGE)
repeat
	more = a:read_fd(fd, 512)
	text = text .. more
until more == ""
expect.eq(text, a:proc("maps"))
a:close(fd)
expect.eq(frames().kernel, kernel)
expect.proc(a)
