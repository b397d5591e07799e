package packager

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// lacking is how many bytes too few are free on the disk of a folder; below 0:
// how many more there are.
func lacking(dir string, floor int64) int64 {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return 0 // opening a file will tell more
	}
	return floor - int64(disk.Bavail)*disk.Bsize
}

// windowFloor is what live windows leave free where recordings leave so much:
// more, so that they give way first.
func windowFloor(records int64) int64 { return records + records/4 }

// shortFor is how long a window that had to be shortened is told to be short.
const shortFor = time.Minute

// shortWindow tells that players cannot go as far back as they should.
func shortWindow(floor int64) error {
	return fmt.Errorf("less than %d MB of the disk are free: the live window is shorter than it should be", floor>>20)
}

// fewest are the segments that a playlist has however little room there is.
const fewest = 3

// sizeOf is how many bytes the files of a folder have; 0 where there is none.
func sizeOf(dir string) (size int64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error { // what goes meanwhile counts for nothing
		if err == nil && e.Type().IsRegular() {
			if info, err := e.Info(); err == nil {
				size += info.Size()
			}
		}
		return nil
	})
	return size
}

// clearBut removes what a folder has but for some names.
func clearBut(dir string, keep func(name string) bool) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if !keep(e.Name()) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	return err
}
