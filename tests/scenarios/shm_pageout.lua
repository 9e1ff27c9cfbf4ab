-- MADV_PAGEOUT and a segment that is locked (SHM_LOCK): its pages are unevictable and stay mapped.
local a = spawn("a")
local id = a:shmget(0, 4*PAGE, "creat")
local p = a:shmat(id)
a:fill(p, 4*PAGE, 7)

local function mapped()
	local n = 0
	for i = 0, 3 do n = n + (a:pte(p + i*PAGE) and 1 or 0) end
	return n
end

step("Locked")
a:shmctl(id, "lock")
a:madvise(p, 4*PAGE, "pageout")
expect.eq(mapped(), 4)
