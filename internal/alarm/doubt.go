package alarm

import "slices"

// doubt is called when the judging panicked, before it begins again: the panel
// shows that nobody judges, and a new board takes over the alarms and shelves
// from what is shown. What lasts is found anew.
func (p *Panel) doubt() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.options.Now()
	unwatched := *p.view.Load()
	if unwatched.Watched {
		unwatched.Watched, unwatched.WatchedSince = false, now
		unwatched.Version++
	}
	p.show(&unwatched)
	before := p.board
	p.board = newBoard(p.options.Delays, newID)
	p.board.version = unwatched.Version
	for _, s := range unwatched.Shelves {
		p.board.shelves[s.ID] = s
	}
	for _, a := range slices.Concat(unwatched.Active, unwatched.Members, unwatched.Shelved) {
		if h := before.ids[a.ID]; h != nil {
			again := *h
			again.Alarm = a
			p.board.restore(&again, now)
		}
	}
}
