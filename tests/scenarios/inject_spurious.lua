-- Exceptions and interrupts that nothing has caused come at each instruction of a function of the kernel's, or at each return to
-- ring 3. What Linux survives is survived: the operation gives what it gives undisturbed. What it does not survive costs the task.
-- both: no, the hardware is made to go wrong
local a = spawn()
local p = a:mmap{len = 4 * PAGE, prot = "rw", flags = "private,anon"}
a:write(p, 7)
local function ppid() return a:syscall("getppid") end
-- What became of it, in a word: a value, a signal that was told, or a death.
local function outcome(value, fault)
	if value then return value end
	return type(fault) == "table" and fault.signal .. " " .. fault.code or fault
end
local function read() return outcome(a:read(p)) end
local function write() return a:write(p, 7) end

step("A page fault of a page that is fine. From ring 3 a write, or an entry that is not there: nothing is left to be done")
expect(inject.pf("ring 3", read, {addr = p, code = "p,w,u"}))
expect(inject.pf("ring 3", read, {addr = p, code = "u"}))
step("As Linux has it, a read that was forbidden where there is an area is a right that it lacks")
expect(inject.pf("ring 3", read, {addr = p, code = "p,u", gives = {"SIGSEGV SEGV_ACCERR", "killed by SIGSEGV"}}))
step("In ring 0, of the task's memory")
expect(inject.pf("do_syscall", ppid, {addr = p, code = "p,w"}))
step("In ring 0, of the kernel's own: whatever it holds, for no lock is needed to see that its tables allow it")
local kernel = 0xffff888000200000 -- behind the image, in the direct map
expect(inject.pf("exit_to_user_mode", ppid, {addr = kernel, code = "p,w"}))
expect(inject.pf("find_vma+0", function() return a:write(p + PAGE, 1) end, {addr = kernel, code = "p,w"}))

step("An interrupt that no device has raised: counted, like an NMI")
local before = inject.lab().nr_stray_interrupts
expect(inject.irq("exit_to_user_mode", ppid))
expect(inject.irq("page_fault_entry", function() return a:write(p + 2 * PAGE, 1) end, {vector = 255}))
expect(inject.irq("ring 3", read, {vector = 32}))
expect.eq(inject.lab().nr_stray_interrupts, before) -- set back each time
inject.irq("do_syscall+0", function()
	local n = inject.lab().nr_stray_interrupts
	a:syscall("getppid")
	return inject.lab().nr_stray_interrupts - n
end, {gives = 1})

step("A general protection fault: in ring 3 SIGSEGV without an address")
expect(inject.gp("ring 3", read, {gives = {"SIGSEGV SI_KERNEL", "killed by SIGSEGV"}}))
step("In the kernel the task dies of it, and the rest goes on")
local b = a:fork()
local function of_child()
	b:syscall("getppid")
	if b:alive() then return "unharmed" end
	local _, status = a:wait(b)
	return status.signal
end
expect(inject.gp("do_syscall", of_child, {gives = "SIGSEGV"}))
expect.eq(a:read(p), 7)
