package apptest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// running finds the processes of this App by their environment, which names the
// data folder, so that nothing they say of themselves is trusted. Processes
// that have ended and wait for their parent do not count.
func (a *App) running() map[Role][]int {
	found := map[Role][]int{}
	mark := []byte("FLOWDECK_DATA=" + a.Data)
	folders, _ := filepath.Glob("/proc/[0-9]*") // the pattern is right, so there is no error
	for _, folder := range folders {
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			continue
		}
		environ, err := os.ReadFile(filepath.Join(folder, "environ")) // empty once it has ended
		if err != nil || !slices.ContainsFunc(bytes.Split(environ, []byte{0}), func(pair []byte) bool { return bytes.Equal(pair, mark) }) {
			continue
		}
		line, err := os.ReadFile(filepath.Join(folder, "cmdline"))
		if err != nil {
			continue
		}
		if args := bytes.Split(line, []byte{0}); len(args) > 1 {
			role := Role(args[1])
			found[role] = append(found[role], pid)
		}
	}
	return found
}

// ended tells whether a process has given back all that it held: its locks and
// ports outlive its memory, and so its environment, by a moment. One that waits
// for its parent has.
func ended(pid int) bool {
	tasks, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "stat")) // the pattern is right
	return !slices.ContainsFunc(tasks, func(path string) bool {
		stat, err := os.ReadFile(path)
		if err != nil {
			return false
		}
		_, rest, _ := bytes.Cut(stat, []byte(") ")) // after the name
		return !bytes.HasPrefix(rest, []byte("Z")) && !bytes.HasPrefix(rest, []byte("X"))
	})
}
