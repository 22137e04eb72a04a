/* permit.pml: never two writers. The permit, the failsafe, the switchover and the way home, for Spin 6.5.
 *
 * Two regions; NCTL controllers that may stall for ever at any point; a person who may abort; a provider whose API
 * acts late; agents that restart or come back without a disk. Time is unbounded: timers are relative. What each
 * assertion claims, what is left out and what was found is told in ../docs/permit.md; configurations.toml names the
 * sizes, the mutants and what is expected of each.
 *
 *   D  the permit's life, counted by the holder from before it sends the renewal
 *   RH true time a slow holder's clock can add to D     RC true time a fast clock can steal from W
 *   G  longest true time from the check to the commit   W  the controller's wait, and the agents' promise
 */
#ifndef D
#define D 2
#endif
#ifndef G
#define G 1
#endif
#ifndef RH
#define RH 1
#endif
#ifndef RC
#define RC 1
#endif
#ifndef TERMS
#define TERMS 3                     /* leaderships won by controllers            */
#endif
#ifndef NCTL
#define NCTL 1
#endif
#ifndef OBSERVE
#define OBSERVE 0                   /* 1: W counts from the last renewal seen    */
#endif
#ifndef LISTED
#define LISTED 0                    /* standby agents a failsafe renewal needs   */
#endif
#ifndef FRESH
#define FRESH 0                     /* 1: an agent may come back without a disk  */
#endif
#ifndef PLANNED
#define PLANNED 0                   /* 1: replication, switchover, rebuild       */
#endif
#ifndef ABORT
#define ABORT 1                     /* 1: a person may abort, once               */
#endif
#define W (D+RH+G+RC)
#define L (D+RH)                    /* longest true life of a permit             */
#define WT (W - RC - (mutant == W_SHORT))       /* W in true time, at worst      */
#define NEVER 15                    /* a refusal of every epoch                  */
#define NONE 0
#define SWITCHOVER 1
#define FAILOVER 2

/* mutants: one deliberate mistake each, chosen when the checker starts */
#define W_SHORT 1
#define FROM_RECEIPT 2
#define FROM_VERDICT 3
#define NO_WAIT 4
#define STATUS_AS_PROOF 5
#define NO_PERMIT 6
#define NO_EPOCH_ROW 7
#define FLAG_FENCE 8
#define NON_MONOTONE 9
#define NO_TERM 10
#define ABORT_KEEPS 11
#define PLAIN_READ 12
#define SEEN_ANY 13
#define SEEN_EARLY 14
#define PROMISE_FORGOTTEN 15
#define ONE_OF_TWO 16
#define NO_AGENT_ASKED 17
#define PROMISE_IGNORED 18
#define REFUSAL_FORGOTTEN 19
#define FRESH_PROMISES 20
#define AGENT_FIRST 21
#define DRAIN_IGNORED 22
#define REPLANNED 23
#define NUMBER_REUSED 24
#define REBUILD_BLIND 25
#define PROMISE_BREAKS 26           /* an agent opens before its promise ran out */
#define GRANT_UNFENCED 27
#define FRESH_WAITS 28              /* W after its start it believes old terms   */

/* goals: events that the good model must be able to reach */
#define NEW_REGION_SOLD 1
#define FAILSAFE_SOLD 2
#define SWITCHED 3
#define SWITCHED_AND_SOLD 4
#define CAME_HOME 5
#define ABORTED_AND_SOLD 6
#define WAITED_LESS 7
#define WAITED_OUT_A_PROMISE 8
#define FRESH_AGENT_PROMISES 9
#define reached(g) assert(goal != g)
byte mutant = 0, goal = 0;

/* ---- the store of record: every d_step on it is one linearizable transaction ---- */
byte st_term = 0, st_epoch = 1, st_next = 1, st_kind = NONE; bit st_holder = 0; bool st_revoked = 0;

/* ---- regions ---- */
byte left[2];                       /* true time the cached permit still lives   */
byte ep[2];                         /* its epoch                                 */
byte age[2];                        /* time since the agent read its clock       */
byte dbep[2];                       /* epoch row in the region's own database    */
bool writable[2], fenced[2];
bool tx[2]; byte txep[2]; byte dl[2];           /* one order in flight           */
bool prom[2];                       /* promotion asked for, effect to come       */
bool late[2];                       /* STATUS_AS_PROOF: fence asked, not in force */
byte wl[NCTL];                      /* controller's wait left                    */
byte lastep = 0;                    /* highest epoch ever committed              */
bool aborted = 0, switched = 0;
#if OBSERVE
bool seen[NCTL];                    /* has this controller seen today's counter  */
#endif
#if LISTED
byte promise[LISTED];               /* region 1's agents: true time in which they will not open */
byte refused[LISTED];               /* they promise nothing to this epoch or smaller */
bool by_promise = 0;                /* goal FAILSAFE_SOLD: region 0's permit came from them */
#endif
#if PLANNED
bool rep[2];                        /* this region's database follows the other  */
bool before[2], after[2]; byte mark[2]; /* not yet replicated: orders, epoch row, orders */
bool miss[2];                       /* lacks an order committed in the other     */
#endif

#define dec(x) if :: x > 0 -> x-- :: else -> skip fi
#define most(x, y) if :: x < y -> x = y :: else -> skip fi

inline log_order(r) {               /* inside a d_step                           */
#if PLANNED
  if
  :: !rep[1-r] -> miss[1-r] = 1
  :: rep[1-r] && mark[r] > 0 -> after[r] = 1
  :: else -> before[r] = 1
  fi
#else
  skip
#endif
}

inline raise(r, n) {                /* epoch row up to n, never down; logged     */
  if
  :: dbep[r] < n -> dbep[r] = n;
#if PLANNED
     if
     :: rep[1-(r)] -> before[r] = before[r] || after[r]; after[r] = 0; mark[r] = n
     :: else -> skip
     fi
#endif
  :: else -> skip
  fi
}

active proctype Clock() {
  do
  :: d_step { (!(tx[0] && dl[0] == 0) && !(tx[1] && dl[1] == 0)) ->
       dec(left[0]); dec(left[1]); dec(dl[0]); dec(dl[1]); dec(wl[0]);
#if NCTL > 1
       dec(wl[1]);
#endif
#if LISTED
       dec(promise[0]);
#if LISTED > 1
       dec(promise[1]);
#endif
#endif
       if :: age[0] < L -> age[0]++ :: else -> skip fi;
       if :: age[1] < L -> age[1]++ :: else -> skip fi;
       if :: left[0] == 0 -> ep[0] = 0 :: else -> skip fi;
       if :: left[1] == 0 -> ep[1] = 0 :: else -> skip fi }
  od
}

/* ---- the holder's agent: renews from the store, or (region 0's) from every listed agent of region 1 ---- */
inline ask(i) {
  d_step {
    if
    :: (e > 0 && refused[i] < e) -> promise[i] = WT
    :: else -> e = 0
    fi }
}

proctype Agent(bit r) {
  byte e = 0, known = 0; bool fs = 0;
  do
  :: age[r] = 0;                                   /* clock read BEFORE sending  */
     if
     :: d_step {                                   /* store, after any delay     */
          if
          :: (st_holder == r && !st_revoked) -> e = st_epoch;
#if LISTED
             if :: r == 0 -> known = e :: else -> skip fi;
#endif
#if OBSERVE
             seen[0] = 0;                          /* the renewal counter grows  */
#if NCTL > 1
             seen[1] = 0;
#endif
#endif
          :: else -> e = 0
          fi }
#if LISTED
     :: d_step { r == 0 && known > 0 -> e = known; fs = (goal == FAILSAFE_SOLD) }   /* store not reached */
        ask(0);
#if LISTED > 1
        if
        :: mutant == ONE_OF_TWO -> skip
        :: else -> ask(1)
        fi
#endif
#endif
     fi;
     d_step {                                      /* answer, after any delay    */
       if
       :: (e > 0 && mutant == FROM_RECEIPT) -> left[r] = L; ep[r] = e
       :: (e > 0 && mutant != FROM_RECEIPT && (e > ep[r] || L - age[r] > left[r]) && L > age[r] && e >= ep[r]) ->
          left[r] = L - age[r]; ep[r] = e;
#if LISTED
          if :: r == 0 -> by_promise = fs :: else -> skip fi
#endif
       :: else -> skip
       fi; e = 0; fs = 0; age[r] = L }
  od
}

#if LISTED
inline restart(i) {                                /* the disk survives and with it refusals; what a clock meant does not */
  d_step {
    if :: mutant == PROMISE_FORGOTTEN -> promise[i] = 0 :: else -> promise[i] = WT fi;
    if :: mutant == REFUSAL_FORGOTTEN -> refused[i] = 0 :: else -> skip fi }
}

inline come_fresh(i) {                             /* no disk: promises nothing before it has read the store */
  d_step {
    promise[i] = WT;
    if :: mutant == FRESH_PROMISES -> refused[i] = 0 :: else -> refused[i] = NEVER fi }
}

inline read_store(i) {
  d_step { (refused[i] == NEVER && (mutant != FRESH_WAITS || promise[i] == 0)) ->
    if :: mutant == FRESH_WAITS -> refused[i] = 0 :: mutant != FRESH_WAITS && st_revoked -> refused[i] = st_epoch
    :: else -> refused[i] = st_epoch - 1; reached(FRESH_AGENT_PROMISES) fi }
}

active proctype Restarts() {                       /* of listed agents, whenever they like */
  do
  :: restart(0)
#if LISTED > 1
  :: restart(1)
#endif
#if FRESH
  :: come_fresh(0)
  :: read_store(0)
#endif
  od
}
#endif

proctype App(bit r) {                              /* one order in flight        */
  do
  :: d_step {
       (!tx[r] && writable[r] && !fenced[r]
         && (left[r] > 0 || (mutant == NO_PERMIT && r == 1))
         && (ep[r] == dbep[r] || mutant == NO_EPOCH_ROW || (mutant == NO_PERMIT && r == 1))
#if LISTED
         && (r == 0 || promise[0] == 0 || mutant == PROMISE_BREAKS || mutant == PROMISE_IGNORED)
#endif
       ) ->
       if :: mutant == NO_PERMIT && r == 1 -> txep[r] = dbep[r] :: else -> txep[r] = ep[r] fi;
       assert(!tx[1-r]);                           /* I1 single writer           */
       tx[r] = 1; dl[r] = G;
#if LISTED
       if :: (r == 0 && by_promise) -> reached(FAILSAFE_SOLD) :: else -> skip fi
#endif
     }
  :: d_step { tx[r] ->
       assert(txep[r] >= lastep);                  /* I2 epochs never go back    */
       lastep = txep[r]; tx[r] = 0; dl[r] = 0; log_order(r);
       if :: r == 1 -> reached(NEW_REGION_SOLD) :: else -> skip fi;
       if :: (r == 1 && switched) -> reached(SWITCHED_AND_SOLD) :: else -> skip fi;
       if :: (r == 0 && switched && txep[r] > 2) -> reached(CAME_HOME) :: else -> skip fi;
       if :: (r == 0 && aborted && txep[r] > 1) -> reached(ABORTED_AND_SOLD) :: else -> skip fi;
       txep[r] = 0 }
  od
}

active proctype Cloud() {                          /* asynchronous API effects   */
  bit r = 0;
  do
  :: d_step { prom[r] -> prom[r] = 0; writable[r] = 1;
#if PLANNED
       if
       :: rep[r] -> rep[r] = 0; miss[r] = before[1-r] || after[1-r];
          before[1-r] = 0; after[1-r] = 0; mark[1-r] = 0
       :: else -> skip
       fi
#endif
     }
  :: d_step { late[r] -> late[r] = 0; fenced[r] = 1 }
  :: r = 1 - r
  od
}

#if PLANNED
active proctype Replication() {                    /* in commit order            */
  bit r = 0;
  do
  :: d_step { (rep[1-r] && before[r]) -> before[r] = 0 }
  :: d_step { (rep[1-r] && !before[r] && mark[r] > 0) ->
       dbep[1-r] = mark[r]; mark[r] = 0; before[r] = after[r]; after[r] = 0 }
  :: r = 1 - r
  od
}

active proctype Rebuild() {                        /* the other side becomes a replica again; may stall between its steps */
  bit r = 0; byte e = 0;
  do
  :: d_step { !st_revoked && !rep[1-st_holder] -> r = 1 - st_holder; e = st_epoch }
     d_step {                                      /* refused by a larger epoch  */
       if
       :: (dbep[r] <= e || mutant == REBUILD_BLIND) ->
          assert(!(st_holder == r && st_epoch == dbep[r] && !st_revoked));   /* I6 never the writer's data */
          writable[r] = 0; fenced[r] = 0; rep[r] = 1; rep[1-r] = 0; miss[r] = 0;
          dbep[r] = dbep[1-r]; tx[r] = 0; txep[r] = 0; dl[r] = 0;
          before[0] = 0; before[1] = 0; after[0] = 0; after[1] = 0; mark[0] = 0; mark[1] = 0
       :: else -> skip
       fi; r = 0; e = 0 }
  od
}
#endif

/* ---- a controller ---- */
inline acknowledge(i) {
  d_step {
    most(refused[i], e0);
    if
    :: (promise[i] > wl[c] && mutant != PROMISE_IGNORED) -> wl[c] = promise[i]; reached(WAITED_OUT_A_PROMISE)
    :: else -> skip
    fi }
}

proctype Ctl(bit c) {
  byte t = 0, e0 = 0, ne = 0; bit old = 0; bool kept = 0, plan = 0, early = 0;
  do
  :: d_step { st_term < TERMS -> st_term++; t = st_term }
     if :: mutant == FROM_VERDICT -> wl[c] = WT :: else -> skip fi;
#if OBSERVE
     do                                            /* sees renewals as they happen */
     :: mutant == SEEN_EARLY && !early -> wl[c] = WT; early = 1
     :: d_step { !seen[c] && mutant != SEEN_EARLY -> seen[c] = 1; wl[c] = WT }
     :: d_step { !seen[c] && early -> seen[c] = 1 }
     :: break
     od;
     skip;
#endif
#if LISTED
     if
     :: d_step { mutant == AGENT_FIRST -> most(refused[0], st_epoch) }
     :: else -> skip
     fi;
#endif
     d_step {                                      /* revoke, or take over a revoked epoch: hands out a new number */
       if
       :: (st_term == t
#if PLANNED
           && (rep[1-st_holder] || st_revoked)
#endif
          ) ->
          if
          :: (mutant == NUMBER_REUSED || mutant == REPLANNED) -> st_next = st_epoch + 1
          :: else -> st_next++
          fi;
          ne = st_next; e0 = st_epoch; old = st_holder;
#if OBSERVE
          kept = seen[c] || mutant == SEEN_ANY;
#endif
          st_revoked = 1
       :: else -> t = 0
       fi }
     if
     :: t == 0 -> goto over
     :: else -> skip
     fi;
#if PLANNED
     if                                            /* a plan may turn from switchover to failover, never back */
     :: d_step { st_term == t && (st_kind == NONE || st_kind == SWITCHOVER || mutant == REPLANNED) ->
          st_kind = SWITCHOVER; plan = 1 }
     :: d_step { st_term == t -> st_kind = FAILOVER }
     :: goto over                               /* deposed, or crashed         */
     fi;
#endif
     if                                            /* a fence may be impossible: then wait */
     :: !plan ->
        if
        :: kept || mutant == FROM_VERDICT -> skip
        :: else -> wl[c] = WT                      /* starts after the revoke is acknowledged */
        fi;
#if LISTED
        if                                         /* one listed agent refuses from now on, and says when it last promised */
        :: old == 1 || mutant == NO_AGENT_ASKED || mutant == AGENT_FIRST -> skip
        :: old == 0 && mutant != NO_AGENT_ASKED && mutant != AGENT_FIRST -> acknowledge(0)
#if LISTED > 1
        :: old == 0 && mutant != NO_AGENT_ASKED && mutant != AGENT_FIRST -> acknowledge(1)
#endif
        fi;
#endif
        if
        :: wl[c] == 0 || mutant == NO_WAIT -> skip
        :: goto over                               /* deposed, or crashed         */
        fi
     :: wl[c] = 0;
        if
        :: mutant == GRANT_UNFENCED -> skip
        :: d_step { mutant == STATUS_AS_PROOF -> late[old] = 1 }
        :: d_step { (mutant != STATUS_AS_PROOF && (!tx[old] || mutant == PLAIN_READ)) ->
             /* row under its lock, so after every order in flight; then block; then read back */
             if
             :: (dbep[old] <= ne || mutant == FLAG_FENCE) ->
                if :: mutant == FLAG_FENCE -> skip :: else -> raise(old, ne) fi;
                assert(!(st_holder == old && !st_revoked));   /* I4 nothing late closes a shop that was given back */
                fenced[old] = 1; writable[old] = 0
             :: else -> t = 0                      /* a larger number is there: this leader is deposed */
             fi }
        fi;
        if :: t == 0 -> goto over :: else -> skip fi
     fi;
#if PLANNED
     if                                            /* drained: the standby shows the new number */
     :: !plan || mutant == DRAIN_IGNORED -> skip
     :: plan && dbep[1-old] >= ne -> skip
     :: goto over                               /* deposed, or crashed         */
     fi;
#endif
     prom[1-old] = 1;                              /* accepted, and some day done */
     if
     :: d_step { writable[1-old] ->                /* read back; a replica takes no row */
          if :: mutant == NON_MONOTONE -> dbep[1-old] = ne :: else -> raise(1-old, ne) fi;
          fenced[1-old] = 0 }
     :: goto over                               /* deposed, or crashed         */
     fi;
     if :: skip :: goto over fi;
     d_step {                                      /* commit point: the grant    */
       if
       :: (mutant == NO_TERM || (st_term == t && st_revoked)) ->
          st_epoch = ne; st_holder = 1-old; st_revoked = 0; st_kind = NONE;
          assert(dbep[st_holder] == st_epoch);     /* I3 a grant leaves a usable writer */
#if PLANNED
          assert(!(plan && miss[st_holder]));      /* I5 a switchover loses nothing */
          if :: plan -> switched = (goal > 0); reached(SWITCHED) :: else -> skip fi;
#endif
          if :: kept -> reached(WAITED_LESS) :: else -> skip fi
       :: else -> skip
       fi }
over: skip;
     d_step { t = 0; e0 = 0; old = 0; ne = 0; kept = 0; plan = 0; early = 0; wl[c] = 0;
#if OBSERVE
       seen[c] = 0
#endif
     }
  od
}

#if ABORT
active proctype Human() {                          /* a new epoch for the same holder */
  byte t = 0, n = 0; bit h = 0;
  d_step { st_revoked -> st_term++; t = st_term; h = st_holder;
    if
    :: mutant == ABORT_KEEPS -> n = st_epoch
    :: mutant == NUMBER_REUSED -> n = st_epoch + 1
    :: else -> st_next++; n = st_next
    fi }
  d_step { raise(h, n); if :: dbep[h] <= n || mutant == ABORT_KEEPS -> fenced[h] = 0; writable[h] = 1 :: else -> skip fi }
  d_step {
    if
    :: (st_term == t && st_revoked) -> aborted = (goal > 0); st_epoch = n; st_revoked = 0; st_kind = NONE;
       assert(dbep[h] == st_epoch)                 /* I3 an abort leaves a usable writer */
    :: else -> skip
    fi }
}
#endif

init {
  d_step {
    c_code { if (getenv("PERMIT_MUTANT")) now.mutant = atoi(getenv("PERMIT_MUTANT"));
             if (getenv("PERMIT_GOAL")) now.goal = atoi(getenv("PERMIT_GOAL")); };
    writable[0] = 1; dbep[0] = 1; dbep[1] = 1; age[0] = L; age[1] = L;
#if PLANNED
    rep[1] = 1;
#endif
  }
  atomic {
    run Agent(0); run Agent(1); run App(0); run App(1); run Ctl(0);
#if NCTL > 1
    run Ctl(1);
#endif
  }
}
