package plan

import (
	"fmt"
	"strings"
)

// Starter is a plan to start from for a domain: two nodes that take calls and
// one more for media, at example addresses, with the reason for each decision.
// Parse accepts it as it is.
func Starter(domain string) (string, error) {
	name := canonical(domain)
	if !isHost(name) || len("px01."+name) > 253 {
		return "", fmt.Errorf("plan: %q is no domain; %s", domain, hint(name))
	}
	text := starter
	if !strings.Contains(name[strings.IndexByte(name, '.')+1:], ".") {
		text = strings.Replace(text, "#!\n", starterOffice365, 1)
	}
	return strings.ReplaceAll(strings.Replace(text, "#!\n", "", 1), "DOMAIN", name), nil
}

// starterOffice365 is said of a domain that looks like an organisation's main
// one.
const starterOffice365 = `#
# DOMAIN looks like a main domain. If it is in Office 365, its federation
# record belongs to Microsoft (rule DNS-14): plan a subdomain, such as
# vc.DOMAIN, instead.
`

const starter = `# The deployment of DOMAIN, to start from. Replace what is marked EDIT, then:
#
#   simulator plan THIS-FILE --zone    the DNS records to publish
#   simulator check THIS-FILE          whether the world matches
#!

# The SIP domain that partners call, and the pool: the host that the record
# _sipfederationtls._tcp.DOMAIN points to. It has to be one label and the
# domain, nothing deeper and no other domain: Lync refuses the rest (DNS-04).
domains:
- name: DOMAIN
  pool: sip.DOMAIN

# Does the deployment call partners, too? Then every node may place calls, so
# every node needs a name, a record and its name in the certificate (CRT-15).
# With off, that holds for the signaling nodes alone.
outbound: on

# always: calls out come from the domain above, whatever the caller's is. With
# default-only a caller that has a SIP address keeps it, and partners may not be
# able to prove it.
from: always

# Callers must prove with their certificate that they may speak for the domain
# in From. With off, anybody can call as anybody (CRT-14).
verify: on

# UDP ports for media; the firewall lets them in on every node (NET-02).
media_ports: 40000-49999

# Files for running nodes here (edge run); for a check of nodes elsewhere they
# are not needed. One certificate for all: the pool first, then every node.
# certificates:
#   certificate: sip.DOMAIN.pem
#   key: sip.DOMAIN-key.pem

# Nodes that share a network. Do not mix nodes behind a NAT with nodes without
# in one location (LOC-04), nor proxying nodes with media nodes (LOC-05). Media
# nodes in the network behind proxying ones are in a location with inside: on.
locations:
- name: dmz

# EDIT names and addresses. address is what the node itself has; with a 1:1 NAT
# in front, add what the world sees as public: 198.51.100.40. That one is
# published; it has to be public (DNS-11).
#
# roles: signaling takes calls, so its address stands under the pool's name: two
# nodes, or three, so that one may fail (DNS-08). media mixes; nodes with media
# alone add capacity and stay out of the pool (DNS-13).
nodes:
- name: px01.DOMAIN         # its own name, never the pool's (FQD-03)
  address: 198.51.100.40    # EDIT
  roles: [signaling, media]
  location: dmz
- name: px02.DOMAIN
  address: 198.51.100.41    # EDIT
  roles: [signaling, media]
  location: dmz
- name: px03.DOMAIN         # EDIT or delete: capacity for media
  address: 198.51.100.42    # EDIT
  roles: [media]
  location: dmz

# EDIT: at least one room that partners can call; a check calls it (LOC-07).
rooms:
- name: Meet
  aliases: [meet@DOMAIN]

# Who calls with us, and whether that shall work: their records are checked as
# ours are (DNS-17). EDIT and take the marks off:
# partners:
# - domain: contoso.example
#   expect: reachable
`
