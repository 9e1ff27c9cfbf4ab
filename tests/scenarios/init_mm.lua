-- Notes of the seeds call init_mm, the first of mmlist, the address space of the init process. It is the kernel's own:
-- no area, no user entry; it is what mmlist is rooted at and where the tables of the upper half come from. The init
-- process (pid 1) is here a kernel thread, and on Linux has an mm of its own like any other.
expect.eq(mms()[1], "init_mm")
expect.eq(#mms(), 1, "no process yet, and yet it is there")
local a = spawn("a")
expect.eq(table.concat(mms(), " "), "init_mm a")
local b = a:fork()
expect.eq(#mms(), 3)
step("pid 1 has no mm at all")
for _, t in ipairs(tasks()) do
	if t.pid == 1 then
		expect.eq(t.mm, nil)
		expect(t.kernel_thread)
	end
end
step("An mm leaves the list with its last user, though a borrower may keep the struct")
b:exit(0)
expect.eq(#mms(), 2)
