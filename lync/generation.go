package lync

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
)

// edgeGeneration is what the age of an Access Edge shows on the wire.
type edgeGeneration struct {
	name     string
	server   string // the Server header of what the Edge answers by itself
	min, max uint16 // TLS
	suites   []uint16
}

// Schannel up to Windows 2012 speaks CBC suites and plain RSA key exchange; Go
// has to be asked for them by name.
var oldSuites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
	tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
	tls.TLS_RSA_WITH_AES_256_CBC_SHA, tls.TLS_RSA_WITH_AES_128_CBC_SHA,
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
}

// Schannel since Windows 2012 R2 has ECDHE with AES; of CBC with SHA-256, too, Go
// has to be asked by name, and CBC with SHA-384 it has not.
var modernSuites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
	tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
}

// edgeGenerations in order of age. The RTC tokens are from traces; the TLS
// ranges of old Windows are inferred from what Microsoft lists as supported.
var edgeGenerations = []edgeGeneration{
	{"2010", "RTC/4.0", tls.VersionTLS10, tls.VersionTLS10, oldSuites},
	{"2013", "RTC/5.0", tls.VersionTLS10, tls.VersionTLS12, oldSuites},
	{"2015", "RTC/6.0", tls.VersionTLS12, tls.VersionTLS12, modernSuites},
	{"2019", "RTC/7.0", tls.VersionTLS12, tls.VersionTLS12, modernSuites},
	{"se", "RTC/7.0", tls.VersionTLS12, tls.VersionTLS13, modernSuites},
}

// clientGeneration is what the age of a client shows on the wire.
type clientGeneration struct {
	name      string
	agent     string // User-Agent
	bandwidth string // of x-mediabw, kbit/s
	audio     string // payload types in the m-line's order
	multipart bool   // an ICE draft-06 description stands before the real one
	modern    bool   // rtcp-mux, a=rtcp, extmap, CN/24000: since 2016
}

// clientGenerations in order of age; tokens, payload orders and bodies as in
// client traces, the 2010 User-Agent from memory.
var clientGenerations = []clientGeneration{
	{
		name: "2010", agent: "UCCAPI/4.0.7577.4446 OC/4.0.7577.4446 (Microsoft Lync 2010)", bandwidth: "4000",
		audio: "117 114 9 111 112 115 116 8 0 97 13 118 101", multipart: true,
	},
	{
		name: "2013", agent: "UCCAPI/15.0.4569.1503 OC/15.0.4569.1503 (Microsoft Lync)", bandwidth: "4000",
		audio: "117 114 104 9 112 111 0 8 116 115 103 97 13 118 101", multipart: true,
	},
	{
		name: "2016", agent: "UCCAPI/16.0.4591.1000 OC/16.0.4600.1000 (Skype for Business)", bandwidth: "12000",
		audio: "117 104 114 9 112 111 0 8 103 116 115 97 13 118 119 101", modern: true,
	},
}

// The defaults: what most partners still run.
const (
	DefaultEdge   = "2015"
	DefaultClient = "2016"
)

// EdgeGenerations are the names that Config.EdgeGen takes.
func EdgeGenerations() []string {
	var names []string
	for _, g := range edgeGenerations {
		names = append(names, g.name)
	}
	return names
}

// ClientGenerations are the names that Config.ClientGen takes.
func ClientGenerations() []string {
	var names []string
	for _, g := range clientGenerations {
		names = append(names, g.name)
	}
	return names
}

func findEdge(name string) (edgeGeneration, error) {
	if name == "" {
		name = DefaultEdge
	}
	i := slices.IndexFunc(edgeGenerations, func(g edgeGeneration) bool { return g.name == name })
	if i < 0 {
		return edgeGeneration{}, fmt.Errorf("lync: no Edge generation %q: use one of %s", name, strings.Join(EdgeGenerations(), ", "))
	}
	return edgeGenerations[i], nil
}

func findClient(name string) (clientGeneration, error) {
	if name == "" {
		name = DefaultClient
	}
	i := slices.IndexFunc(clientGenerations, func(g clientGeneration) bool { return g.name == name })
	if i < 0 {
		return clientGeneration{}, fmt.Errorf("lync: no client generation %q: use one of %s", name, strings.Join(ClientGenerations(), ", "))
	}
	return clientGenerations[i], nil
}
