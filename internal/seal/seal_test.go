package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestSealOpens(t *testing.T) {
	key := open(t, filepath.Join(t.TempDir(), "new", "secret.key"))
	for _, plain := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("token"), 4000)} {
		sealed, number, err := key.Seal(plain, []byte("row 1"))
		if err != nil || number != 1 {
			t.Fatalf("Seal: number %d, %v", number, err)
		}
		if len(plain) > 1 && bytes.Contains(sealed, plain[:5]) {
			t.Error("sealed data shows the plain text")
		}
		again, _, _ := key.Seal(plain, []byte("row 1"))
		if bytes.Equal(sealed, again) {
			t.Error("sealing twice gave the same bytes")
		}
		got, err := key.Open(sealed, []byte("row 1"))
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("Open: %d bytes, %v; want %d bytes", len(got), err, len(plain))
		}
		if _, err := key.Open(sealed, []byte("row 2")); !errors.Is(err, ErrOpen) {
			t.Errorf("Open in another context: %v", err)
		}
	}
}

func TestOpenRefusesDamage(t *testing.T) {
	key := open(t, filepath.Join(t.TempDir(), "secret.key"))
	sealed, _, _ := key.Seal([]byte("passphrase"), []byte("flow"))
	for i := range sealed {
		damaged := bytes.Clone(sealed)
		damaged[i] ^= 1
		if _, err := key.Open(damaged, []byte("flow")); !errors.Is(err, ErrOpen) {
			t.Fatalf("byte %d flipped: %v", i, err)
		}
		if _, err := key.Open(sealed[:i], []byte("flow")); !errors.Is(err, ErrOpen) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
}

func TestKeyRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret.key")
	old := open(t, path)
	sealed, _, _ := old.Seal([]byte("kept"), nil)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	second := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, keySize))
	if err := os.WriteFile(path, append(text, second...), 0o600); err != nil {
		t.Fatal(err)
	}
	rotated := open(t, path)
	if got, err := rotated.Open(sealed, nil); err != nil || string(got) != "kept" {
		t.Errorf("the old key's data: %q, %v", got, err)
	}
	sealed, number, _ := rotated.Seal([]byte("new"), nil)
	if number != 2 {
		t.Errorf("sealed with key %d, want the last", number)
	}
	if _, err := old.Open(sealed, nil); !errors.Is(err, ErrOpen) {
		t.Errorf("opened without its key: %v", err)
	}
}

func TestDerive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret.key")
	text := ""
	for i := range 2 {
		text += base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{byte(i)}, keySize)) + "\n"
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	key := open(t, path)
	if key.Current() != 2 {
		t.Errorf("the current key is %d", key.Current())
	}
	seen := map[string]bool{string(make([]byte, keySize)): true} // the first line itself
	for number := 1; number <= 2; number++ {
		for _, label := range []string{"", "a", "b"} {
			derived, err := key.Derive(number, label)
			again, _ := open(t, path).Derive(number, label)
			if err != nil || len(derived) != keySize || !bytes.Equal(derived, again) {
				t.Errorf("key %d for %q: %x and %x, %v", number, label, derived, again, err)
			}
			if seen[string(derived)] {
				t.Errorf("key %d for %q is another's", number, label)
			}
			seen[string(derived)] = true
		}
	}
	for _, number := range []int{-1, 0, 3} {
		if _, err := key.Derive(number, "a"); err == nil {
			t.Errorf("there is a key %d", number)
		}
	}
}

func TestKeyFileIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret.key")
	sealed := make([][]byte, 8)
	var all sync.WaitGroup
	for i := range sealed {
		all.Go(func() {
			key, err := OpenKeyFile(path)
			if err != nil {
				t.Error(err)
				return
			}
			sealed[i], _, _ = key.Seal([]byte("x"), nil)
		})
	}
	all.Wait()
	key := open(t, path)
	for i, s := range sealed {
		if _, err := key.Open(s, nil); err != nil {
			t.Errorf("process %d used another key: %v", i, err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".key-*"))
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestKeyFileRefused(t *testing.T) {
	good := base64.StdEncoding.EncodeToString(make([]byte, keySize))
	tests := []struct {
		name, text, want string
		mode             os.FileMode
	}{
		{"read by the group", good, "chmod 600", 0o640},
		{"read by all", good, "chmod 600", 0o604},
		{"empty", "", "line 1", 0o600},
		{"short key", base64.StdEncoding.EncodeToString(make([]byte, 16)), "line 1", 0o600},
		{"not base64", good + "\nsecret-in-clear", "line 2", 0o600},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "secret.key")
			if err := os.WriteFile(path, []byte(tt.text), tt.mode); err != nil {
				t.Fatal(err)
			}
			_, err := OpenKeyFile(path)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q in it", err, tt.want)
			}
			if strings.Contains(err.Error(), "secret-in-clear") {
				t.Error("the error shows the key")
			}
		})
	}
	if _, err := OpenKeyFile(t.TempDir()); err == nil {
		t.Error("a folder was taken for a key file")
	}
}

func open(t *testing.T, path string) *Key {
	t.Helper()
	key, err := OpenKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
