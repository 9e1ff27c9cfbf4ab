-- /proc/PID/mem: one process in the memory of another, with the rights of a debugger.
-- both: no, it maps /dev/lab, which Linux has not
a = spawn("a")
p = a:mmap{len=4*PAGE}
a:write(p, "of a")
b = a:fork()
mem = b:open("/proc/2/mem", "rw")

step("reading and writing; the copy that a write makes is the other's, as if it had written itself")
expect.eq(b:pread(mem, 4, p), "of a")
b:pwrite(mem, "by b", p)
expect.eq(a:read(p, 4), string.unpack("<I4", "by b"))
expect.eq(b:read(p, 4), string.unpack("<I4", "of a"))

step("a page that was not there is faulted in, for reading and for writing")
expect.eq(b:pread(mem, 2, p + PAGE), "\0\0")
b:pwrite(mem, "x", p + 2*PAGE)

step("what may not be written may all the same, if it is private: a copy, which its owner still cannot write")
a:mprotect(p, PAGE, "r")
b:pwrite(mem, "forced", p)
expect.eq(a:read(p, 1), string.byte("f"))
expect.fault(function() return a:write(p, 1) end, {code="SEGV_ACCERR"})
f = a:open("/f", "rw,creat")
a:pwrite(f, "file", 0)
r = a:mmap{len=PAGE, fd=f, prot="r", flags="private"}
a:read(r)
b:pwrite(mem, "FILE", r)
expect.eq(b:pread(mem, 4, r), "FILE")
expect.eq(a:pread(f, 4, 0), "file")

step("what may not be read, too")
a:mprotect(p + 2*PAGE, PAGE, "none")
expect.eq(b:pread(mem, 1, p + 2*PAGE), "x")

step("but nothing that others see, without the right")
s = a:mmap{len=PAGE, prot="r", flags="shared,anon"}
expect.errno(function() return b:pwrite(mem, "x", s) end, "EIO")
a:mprotect(s, PAGE, "rw")
b:pwrite(mem, "seen", s)

step("to the end of what is mapped, and no further")
q = a:mmap{len=PAGE, addr=p - 64*PAGE}
expect.eq(#b:pread(mem, 100, q + PAGE - 10), 10)
expect.errno(function() return b:pread(mem, 1, q + PAGE) end, "EIO")
expect.errno(function() return b:pread(mem, 1, 0) end, "EIO")

step("the stack of another grows for it")
sp = a:mm().start_stack - 40*PAGE
b:pwrite(mem, "deep", sp)
expect.eq(a:read(sp, 1), string.byte("d"))

step("user memory that cannot be touched is an error of its own")
expect.errno(function() return b:syscall("pread64", mem, 0x1000, 8, p) end, "EFAULT")
b:lseek(mem, -4096)
expect.errno(function() return b:read_fd(mem, 1) end, "EIO")

step("the file keeps the address space that was when it was opened: after exec there is nothing in it any more")
a:exec()
expect.eq(b:pread(mem, 4, p), "")
b:close(mem)
