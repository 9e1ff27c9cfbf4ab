-- A note of the seeds says that a repeated mmap moves vm_end of the area up. It moves vm_start DOWN: places are given
-- from the top, so the next area ends where the last began, and the two are one.
--
--	        AAAA        mmap
--	    ****AAAA        again
--	    AAAAAAAA        one area: same end, lower start
local a = spawn("a")
local p = a:mmap{len = 4*PAGE, prot = "rw"}
local stop = a:vma(p).stop
local q = a:mmap{len = 4*PAGE, prot = "rw"}
expect.eq(q, p - 4*PAGE)
local v = a:vma(p)
expect.eq(v.start, q, "vm_start moved down")
expect.eq(v.stop, stop, "vm_end stayed")
step("vm_end moves up where a place is asked for, or the search goes bottom up (MAP_32BIT)")
local r = a:mmap{len = PAGE, prot = "rw", flags = "private,anon,32bit"}
a:mmap{len = PAGE, prot = "rw", flags = "private,anon,32bit"}
expect.eq(a:vma(r).start, r)
expect.eq(a:vma(r).stop, r + 2*PAGE)
