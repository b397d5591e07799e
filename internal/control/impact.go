package control

import "github.com/flowdeck/flowdeck/internal/medialive"

// PassphraseChange is what a form says of a passphrase, which cannot be read
// back.
type PassphraseChange string

// What can be done with a passphrase.
const (
	KeepPassphrase    PassphraseChange = "keep"
	ReplacePassphrase PassphraseChange = "replace"
	RemovePassphrase  PassphraseChange = "remove"
)

// ForSource gives the decryption to send with a source, which is replaced as a
// whole: the mask keeps the passphrase that is set.
func (p PassphraseChange) ForSource(now *medialive.Crypto, a medialive.Algorithm, fresh medialive.Secret) *medialive.Crypto {
	switch {
	case p == ReplacePassphrase:
		return &medialive.Crypto{Algorithm: a, KeyType: medialive.SRTPassword, Passphrase: fresh}
	case p == KeepPassphrase && encrypted(now):
		if a == "" {
			a = now.Algorithm
		}
		return &medialive.Crypto{Algorithm: a, KeyType: medialive.SRTPassword, Passphrase: medialive.Mask}
	}
	return nil
}

// Impact is what a change does to a flow that runs. A change of a flow in
// standby interrupts nothing, whatever its Impact would be.
type Impact struct {
	Source string      // the source whose sender must connect again; empty: none
	Output string      // the output whose far end must connect again; empty: none
	Stops  bool        // Output ends instead, since it is switched off
	Part   ChannelPart // of a channel, whose change stops its pictures; empty: none
	Cause  []Field     // the changes that interrupt
	Later  []Field     // the changes that count from the next connection
	Free   []Field     // the changes that take effect and interrupt nothing
}

// Interrupts tells whether media stops somewhere.
func (i Impact) Interrupts() bool { return i.Source != "" || i.Output != "" || i.Part != "" }

// SourceImpact tells what a change of a source interrupts. Where it interrupts,
// every output is without media until the sender is back.
func SourceImpact(now, to medialive.Source, p PassphraseChange) Impact {
	to.Decryption = p.judged(now.Decryption, to.Decryption)
	i := impact(DiffSource(now, to))
	if len(i.Cause) > 0 {
		i.Source = now.Name
	}
	return i
}

// OutputImpact tells what a change of an output interrupts: at most that output.
func OutputImpact(now, to medialive.Output, p PassphraseChange) Impact {
	to.Encryption = p.judged(now.Encryption, to.Encryption)
	if now.Status == medialive.Disabled {
		changes := DiffOutput(now, to)
		i := Impact{}
		for _, c := range changes {
			i.Free = append(i.Free, c.Field)
		}
		return i
	}
	i := impact(DiffOutput(now, to))
	if len(i.Cause) > 0 {
		i.Output = now.Name
		i.Stops = to.Status == medialive.Disabled
	}
	return i
}

// judged gives the crypto by which a change is judged before it is sent: what
// the form says, rather than what is typed beside it.
func (p PassphraseChange) judged(now, to *medialive.Crypto) *medialive.Crypto {
	var a medialive.Algorithm
	if to != nil {
		a = to.Algorithm
	}
	return p.ForSource(now, a, Fresh)
}

// impact sorts changes by what they do (semantics of the API, "Change or delete
// an ACTIVE flow").
func impact(changes []Change) (i Impact) {
	for _, c := range changes {
		switch c.Field {
		case FieldName, FieldDescription, FieldWhitelist:
			i.Free = append(i.Free, c.Field)
		case FieldLatency:
			i.Later = append(i.Later, c.Field)
		default:
			i.Cause = append(i.Cause, c.Field)
		}
	}
	return i
}
