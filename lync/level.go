package lync

// Levels are how far tones (Hz) stand over the noise in 8 kHz audio, in
// decibel and in the order asked for: what Listen measures, for audio that came
// another way, such as another program's recording.
func Levels(samples []int16, tones ...float64) []float64 { return newSpectrum(samples).levels(tones) }
