/* SPDX-License-Identifier: MIT */
/*
 * The frame between an interrupted program and its handler, laid out as Linux does on x86-64
 * (arch/x86/kernel/signal_64.c), and the way back. It is put straight where it belongs, as Linux does it: a copy in the kernel
 * first would cost two instructions for each eight bytes more. Above it stand the FPU's and SSE registers, as FXSAVE stores them.
 */
#include "fpu.h"
#include "signal.h"
#include "uaccess.h"

#define RED_ZONE	128

/* RFLAGS that a frame may change: AC OF DF TF SF ZF AF PF CF RF (Linux FIX_EFLAGS). */
#define FIX_EFLAGS	0x00050dd5UL
#define X86_EFLAGS_RF	(1UL << 16)

/* --- alternate stacks ------------------------------------------------------------------------- */

static bool inside_altstack(const struct user_stack *stack, uint64_t sp)
{
	return sp > stack->ss_sp && sp - stack->ss_sp <= stack->ss_size;
}

/** With SS_AUTODISARM the stack is not in use while it is in use: a handler has already disarmed it. */
static bool on_altstack(const struct task *task, uint64_t sp)
{
	return task->altstack.ss_size && !((uint32_t)task->altstack.ss_flags & LX_SS_AUTODISARM) &&
	       inside_altstack(&task->altstack, sp);
}

int altstack_flags(const struct task *task, uint64_t sp)
{
	if (!task->altstack.ss_size)
		return LX_SS_DISABLE;
	return on_altstack(task, sp) ? LX_SS_ONSTACK : 0;
}

long set_altstack(const struct user_stack *stack, uint64_t sp)
{
	uint32_t mode = (uint32_t)stack->ss_flags & ~LX_SS_AUTODISARM;

	if (on_altstack(current, sp))
		return -LX_EPERM;
	if (mode != LX_SS_DISABLE && mode != LX_SS_ONSTACK && mode != 0)
		return -LX_EINVAL;
	if (mode == LX_SS_DISABLE) {
		current->altstack = (struct user_stack){ .ss_flags = stack->ss_flags };
		return 0;
	}
	if (stack->ss_size < LX_MINSIGSTKSZ)
		return -LX_ENOMEM;
	current->altstack = *stack;
	return 0;
}

/** What ring 3 is told about current's alternate stack. */
struct user_stack describe_altstack(uint64_t sp)
{
	struct user_stack *stack = &current->altstack;

	return (struct user_stack){
		.ss_sp = stack->ss_sp,
		.ss_flags = altstack_flags(current, sp) | ((uint32_t)stack->ss_flags & LX_SS_AUTODISARM),
		.ss_size = stack->ss_size,
	};
}

/* --- out -------------------------------------------------------------------------------------- */

/**
 * Where the frame goes: below the red zone of the current stack, or at the top of the alternate
 * one (which is as described), such that at the handler's entry RSP + 8 is a multiple of 16; above it the FPU's
 * registers. 0: the alternate stack is too small.
 */
static uint64_t frame_address(const struct user_sigaction *action, const struct user_stack *stack,
			      uint64_t user_sp, uint64_t *fpstate)
{
	uint64_t sp = user_sp - RED_ZONE;
	int state = stack->ss_flags & ~(int)LX_SS_AUTODISARM;
	bool nested = state == LX_SS_ONSTACK;
	bool entering = (action->flags & LX_SA_ONSTACK) && state == 0;

	if (entering)
		sp = stack->ss_sp + stack->ss_size;
	*fpstate = ALIGN_DOWN(sp - sizeof(struct fxsave_area), 64);
	sp = ALIGN_DOWN(*fpstate - sizeof(struct rt_sigframe), 16) - 8;
	if ((nested || entering) && !inside_altstack(stack, sp))
		return 0;
	return sp;
}

/** To a field of `frame` in user memory, and with it to what follows in the same eight bytes. */
#define PUT(field, value)	unsafe_put_user(value, &frame->field, efault)

/** Linux __unsafe_setup_sigcontext(). What is reserved is left as it is. */
static int put_sigcontext(struct user_sigcontext *frame, const struct pt_regs *regs, uint64_t mask, uint64_t fpstate)
{
	PUT(r8, regs->r8);
	PUT(r9, regs->r9);
	PUT(r10, regs->r10);
	PUT(r11, regs->r11);
	PUT(r12, regs->r12);
	PUT(r13, regs->r13);
	PUT(r14, regs->r14);
	PUT(r15, regs->r15);
	PUT(di, regs->di);
	PUT(si, regs->si);
	PUT(bp, regs->bp);
	PUT(bx, regs->bx);
	PUT(dx, regs->dx);
	PUT(ax, regs->ax);
	PUT(cx, regs->cx);
	PUT(sp, regs->sp);
	PUT(ip, regs->ip);
	PUT(flags, regs->flags);
	PUT(cs, (uint16_t)regs->cs | (uint64_t)regs->ss << 48);	/* between them gs and fs: 0 */
	PUT(err, current->error_code);
	PUT(trapno, current->trap_nr);
	PUT(oldmask, mask);
	PUT(cr2, current->cr2);
	PUT(fpstate, fpstate);
	return 0;
efault:
	return -LX_EFAULT;
}

/* Linux SIL_FAULT_MCEERR: how much is lost is told, too. */
static bool is_mceerr(const struct ksiginfo *info)
{
	return info->signo == LX_SIGBUS && (info->code == LX_BUS_MCEERR_AR || info->code == LX_BUS_MCEERR_AO);
}

void copy_siginfo_to_external(struct user_siginfo *to, const struct ksiginfo *info)
{
	memset(to, 0, sizeof(*to));
	to->si_signo = info->signo;
	to->si_code = info->code;
	if (info->code > 0 && info->signo != LX_SIGCHLD) {
		to->si_addr = info->addr;
		if (is_mceerr(info))
			to->si_addr_lsb = PAGE_SHIFT;
		return;
	}
	to->si_pid = info->pid;
	to->si_uid = info->uid;
	if (info->code < 0 && info->code != LX_SI_TKILL)
		to->si_value = info->addr;
	else
		to->si_status = info->status;
}

/** A siginfo is short; nothing of the kernel's stands in the rest. */
static int put_siginfo(struct user_siginfo *frame, const struct ksiginfo *info)
{
	struct user_siginfo external;

	if (info->code > 0 && info->signo != LX_SIGCHLD && !is_mceerr(info)) {
		PUT(si_signo, info->signo);
		PUT(si_code, (uint32_t)info->code);
		PUT(si_addr, info->addr);
		for (unsigned int i = sizeof(info->addr); i < sizeof(frame->bytes); i += 8)
			PUT(bytes[i], 0);
		return 0;
	}
	copy_siginfo_to_external(&external, info);
	if (!copy_to_user((uint64_t)frame, &external, sizeof(external)))
		return 0;
efault:
	return -LX_EFAULT;
}

static int put_frame(struct rt_sigframe *frame, const struct ksiginfo *info, const struct user_sigaction *action,
		     const struct user_stack *altstack)
{
	PUT(pretcode, action->restorer);
	PUT(uc.uc_flags, UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS);
	PUT(uc.uc_link, 0);
	PUT(uc.uc_stack.ss_sp, altstack->ss_sp);
	PUT(uc.uc_stack.ss_flags, (uint32_t)altstack->ss_flags);
	PUT(uc.uc_stack.ss_size, altstack->ss_size);
	return put_siginfo(&frame->info, info);
efault:
	return -LX_EFAULT;
}

int setup_rt_frame(const struct ksiginfo *info, const struct user_sigaction *action, uint64_t mask,
		   struct pt_regs *regs)
{
	struct user_stack altstack = describe_altstack(regs->sp);
	uint64_t fpstate, at = frame_address(action, &altstack, regs->sp, &fpstate);
	struct rt_sigframe *frame = (struct rt_sigframe *)at;	/* the user's: only put into */

	if (!at || !(action->flags & LX_SA_RESTORER) || !access_ok(at, sizeof(*frame)) || save_fpu_to_user(fpstate) ||
	    put_frame(frame, info, action, &altstack) || put_sigcontext(&frame->uc.uc_mcontext, regs, mask, fpstate) ||
	    put_user_u64(mask, (uint64_t)&frame->uc.uc_sigmask))
		return -LX_EFAULT;
	if ((uint32_t)current->altstack.ss_flags & LX_SS_AUTODISARM)
		current->altstack = (struct user_stack){ .ss_flags = LX_SS_DISABLE };
	regs->di = info->signo;
	regs->si = at + offsetof(struct rt_sigframe, info);
	regs->dx = at + offsetof(struct rt_sigframe, uc);
	regs->ax = 0;
	regs->ip = action->handler;
	regs->sp = at;
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF);
	return 0;
}

/* --- back ------------------------------------------------------------------------------------- */

/**
 * Take over registers that ring 3 may have invented. RIP needs no check: IRETQ refuses one that is not
 * canonical, and boot/ turns that into the task's #GP. Selectors other than the flat ones do not exist here.
 */
static bool restore_regs(struct pt_regs *regs, const struct user_sigcontext *sc)
{
	if ((sc->cs | 3) != USER_CS || (sc->ss | 3) != USER_DS)
		return false;
	regs->r8 = sc->r8;
	regs->r9 = sc->r9;
	regs->r10 = sc->r10;
	regs->r11 = sc->r11;
	regs->r12 = sc->r12;
	regs->r13 = sc->r13;
	regs->r14 = sc->r14;
	regs->r15 = sc->r15;
	regs->di = sc->di;
	regs->si = sc->si;
	regs->bp = sc->bp;
	regs->bx = sc->bx;
	regs->dx = sc->dx;
	regs->ax = sc->ax;
	regs->cx = sc->cx;
	regs->sp = sc->sp;
	regs->ip = sc->ip;
	regs->flags = user_flags((regs->flags & ~FIX_EFLAGS) | (sc->flags & FIX_EFLAGS));
	regs->orig_ax = -1UL;
	return true;
}

long ksys_rt_sigreturn(struct pt_regs *regs)
{
	struct user_ucontext uc;
	uint64_t at = regs->sp - 8 + offsetof(struct rt_sigframe, uc);

	/* Without the siginfo: nobody reads it back. */
	if (copy_from_user(&uc, at, sizeof(uc)))
		goto bad_frame;
	current->restart.fn = NULL;
	set_blocked(uc.uc_sigmask);
	if (!restore_regs(regs, &uc.uc_mcontext) || restore_fpu_from_user(uc.uc_mcontext.fpstate))
		goto bad_frame;
	set_altstack(&uc.uc_stack, regs->sp);
	return regs->ax;

bad_frame:
	printk("pid %d (%s): bad frame in rt_sigreturn, ip %#lx sp %#lx\n", current->ts.pid, current->ts.comm,
	       regs->ip, regs->sp);
	regs->orig_ax = -1UL;
	force_sig(LX_SIGSEGV);
	return 0;
}
