// Package tap is a run: it reads streams out and hands on what they hold.
//
//	planner ── passes; each has a lane, which makes its partitions when their turn comes
//	  ├─ worker: walker (fetch.Walk) ──► queue ──► renderer ──┐   a page is fetched while
//	  └─ worker: walker (fetch.Walk) ──► queue ──► renderer ──┤   the one before is rendered
//	                                       │ a parent's page: │
//	                                       ▼ a lane for each child
//	  emitter.flushAll: journal synced, RECORD lines, bookmarks moved, STATE, then the
//	                    journal may forget
//
//	goroutine        owns                                  ends when
//	Sync             the run: gate, journal, clients       the emitter is done, or stdout takes no more
//	emitter.run      stdout, state, tracks, account, and   flow.walkAll has closed the batches
//	                 what of lanes and pages is written
//	flow.walkAll     the turns, and what lanes make        every walk is over, or the gate is shut and those
//	                                                       under way are
//	worker.work      one partition's renderer              its queue has ended, or the run; of a parent,
//	                                                       when its children's walks are over
//	walker.fetchAll  that partition's walk                 the walk is over, the gate is shut, or the run ends
//	flow.tell        nothing: it says what is to be        the emitter has taken that, or the run ends
//	                 known of a lane
//	flow.watchGate   nothing: spool and turns have locks   the gate is shut, or the run ends
//	KeepSynced       nothing: the journal has a lock       the run ends
//
// Rooms. package plan decides which pass of a stream goes on, and cuts time and
// contexts into partitions, which supply makes one after the other; planfile is a plan
// as it is written. runjournal keeps passes and exchanges, folders and workdir say where
// on disk; known says what is known of records that left before, by rows and rowset,
// listing which files were read, tags which answers have changed. limits gives walks
// their turns, patience gives up APIs that fail. render makes pages lines, with distinct
// (how many keys) and twins (rows that came twice); message spells lines, and stdout
// takes them, or a target of the run's own. certificate is what is proven, report what
// people read, logs what the log may say. Here is what ties them together: a run, its
// passes, lanes, partitions and bookmarks.
//
// Where to look. What things are: run.go, pass.go, track.go and part.go. A run from its
// beginning to its end is sync.go; what it is given, options.go; how it ends badly,
// failures.go. Which streams are read, choose_streams.go, passes_of_parents.go,
// need_of_parent.go and passes_of_share.go; what is read of each, new_pass.go. How
// partitions come, supply_partitions.go and lanes.go; how they are walked, start_walks.go,
// walks.go, walk_partition.go, fetch_pages.go, render_pages.go, restart.go and
// split_window.go; what a parent's records lead to, leads_to_children.go. What is written,
// and when, flush.go and emitter.go; how far a pass is, move_bookmarks.go and the two
// bookmark files, and up to when, settled_time.go; how far its parents are, feed.go, and
// what it did not read, what_is_missing.go. What later runs find besides, keeper.go,
// last_run.go and open_tags.go. Who looks at first pages only: first_pages.go, discover.go,
// infer_schema.go and preview.go. Who plans and reads nothing: plan_of_run.go,
// plan_by_parents.go and hand_out.go.
//
// What a stream is in this run and which pass of it goes on are decided by
// package plan before the first request; a partition, and where its walk starts,
// when its lane makes it. They are read by all of these goroutines, and changed by
// none. What is known of the schema of a stream is one for all its partitions,
// under a lock: a batch says by which version its records were checked, and the
// emitter writes SCHEMA before the first one of a newer version.
//
// Many partitions. A pass has many where the stream has windows or contexts; a
// stream with one keeps its bookmark as ever, in bookmark_of_stream.go, the others
// in bookmark_of_partitions.go, by package progress. A parent's page is open until
// all partitions that its records led to are done: the emitter moves the parent's
// position only past pages that are closed, and a parent's walk has two open
// pages at most. What the state left open of such a context keeps the page open too
// (leftovers.go), so that no parent is over, and begins anew, before its children.
// A walk that waits for its children holds no turn. A parent that is not selected,
// or that is to be read from another place than its children need, is read by a
// pass of its own, a feed, whose place stands in the states of its children.
//
// A share of a plan is a run whose passes have begun elsewhere (package planfile): of a pass
// with many partitions it walks those that the plan names, and never says that the pass
// is over.
//
// A run that hands out (hand_out.go) reads parents, and plans what they lead to: the
// bookmarks of such a family leave with the last STATE, when the plan is whole. Who reads
// the plan's children reads no parent for them.
//
// A plan that reads parents is a run whose lanes make partitions to be listed: those
// of parents are walked, as the beginning of their passes in the journal, the others
// are not, and nothing is emitted.
//
// Terms. A walker fetches the pages of one partition, in order. Its renderer
// makes each page a batch: the lines of its records, filtered, cut and checked.
// The emitter collects batches and flushes them: RECORD lines, then one STATE
// line that covers exactly them.
//
// A [Protocol] spells all that on stdout: what differs between Singer and
// Airbyte is in package message, in package catalog and in package state, under
// their names. A herald tells what becomes of streams besides their records.
//
// Promises.
//
//   - The emitter's goroutine alone touches stdout and the state: there is no
//     lock on either.
//   - A flush splits no response of up to a megabyte of lines. A longer one
//     leaves in parts: flushes between them end with the STATE of before. Where a
//     pass has many partitions, lines may leave without a STATE behind them, so
//     that STATE lines stay below a twentieth of what is written; a STATE that
//     covers them all follows, within five minutes.
//   - Everything that was fetched before a failure, a signal or the end of a
//     budget is emitted, and the last line is a STATE.
//   - What a STATE covers is on stdout, or in the quarantine file of its stream
//     where on_invalid says so, or was left out by a rule of the definition.
//   - With a journal, an answer is on disk before a record of it leaves, and no
//     request is made whose answer it holds.
//   - Memory is bounded by configuration: 40 MiB, run.memory, and 4 MiB for each
//     turn of run.concurrency (a beginning of an answer, a page that
//     waits, one that is worked on, and its lines, of 1 MiB each). Of run.memory,
//     a half is for lines, a quarter for answers over 1 MiB that are under way in
//     all walks together, and a quarter for those that are read back; the first
//     of these always has its place. Where there is no room, an answer stays on
//     disk and is read in pieces; a walk that needs it whole waits. While stdout
//     is blocked, pages wait in the journal, up to run.spool and three answers
//     for each turn (one that is rendered, one that is next, and one for which
//     there is no room). Beside that, a run takes about 100 bytes for each
//     partition: what the journal knows of it, and that its context is done. Both
//     stay to the end of the run: a parent's record may come twice, also long after
//     its children are done, and the state names the contexts of the whole pass.
//   - Where an API answers nothing well, a run of any number of partitions ends
//     after a few of them: package patience says after how many.
//   - A walk that waits (for Retry-After, before a retry, for a rate, while its
//     client rests) holds no turn, once its pages are rendered: another walk
//     goes on meanwhile.
package tap
