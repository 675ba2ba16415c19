package edge

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"
)

// maxAdminBody bounds what POST /v1/calls reads.
const maxAdminBody = 64 << 10

// Admin is the node's HTTP interface. It has no authentication: bind it to
// loopback.
//
//	GET    /metrics         Prometheus
//	GET    /healthz         200 while the process lives
//	GET    /readyz          200 while new calls are taken, else 503 and why
//	GET    /v1/calls        [CallInfo]
//	POST   /v1/calls        {room, to, from, name}: dials out; 201 CallInfo once answered. node may say who is meant
//	DELETE /v1/calls/ID     hangs up: 202
//	GET    /v1/rooms        [{name, aliases, limit, participants}]
//	GET    /v1/nodes        the media nodes as the pool sees them
//	GET    /v1/maintenance  {on}; PUT changes it
//	POST   /v1/reload       reads certificate, key, roots and revocation lists again; 200, or 500 and why all stays as it was
//	GET    /v1/quarantine   [Suspect]: addresses that tried too many wrong aliases
//	DELETE /v1/quarantine/ADDRESS  lets it call again
//	GET    /debug/pprof/    profiles
//
// What changes anything is refused to web pages: a browser says where the page
// came from (Fetch standard, "Origin"), and no page is ours.
func (e *Edge) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", e.config.Metrics.Handler())
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, map[string]bool{"ok": true}) })
	mux.HandleFunc("GET /readyz", e.ready)
	mux.HandleFunc("GET /v1/calls", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, e.calls.list()) })
	mux.HandleFunc("POST /v1/calls", e.postCall)
	mux.HandleFunc("DELETE /v1/calls/{id}", e.deleteCall)
	mux.HandleFunc("GET /v1/rooms", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, e.rooms()) })
	mux.HandleFunc("GET /v1/nodes", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, e.config.Pool.Nodes()) })
	mux.HandleFunc("GET /v1/maintenance", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, maintenance{e.calls.refusing()})
	})
	mux.HandleFunc("PUT /v1/maintenance", e.putMaintenance)
	mux.HandleFunc("POST /v1/reload", e.postReload)
	mux.HandleFunc("GET /v1/quarantine", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, e.prison.list(time.Now())) })
	mux.HandleFunc("DELETE /v1/quarantine/{address}", e.deleteQuarantine)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" && r.Method != http.MethodGet && r.Method != http.MethodHead {
			reply(w, http.StatusForbidden, problem{Error: fmt.Sprintf("a web page (%s) may not do this", origin)})
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (e *Edge) postReload(w http.ResponseWriter, _ *http.Request) {
	if e.config.Reload == nil {
		reply(w, http.StatusNotFound, problem{Error: "this node has nothing to read again"})
		return
	}
	if err := e.config.Reload(); err != nil {
		reply(w, http.StatusInternalServerError, problem{Error: err.Error()})
		return
	}
	reply(w, http.StatusOK, map[string]bool{"ok": true})
}

// maintenance is the body of /v1/maintenance.
type maintenance struct {
	On bool `json:"on"`
}

// problem is every error's body.
type problem struct {
	Error  string `json:"error"`
	Record string `json:"record,omitempty"`
	Stage  Stage  `json:"stage,omitempty"`
	Status int    `json:"sip_status,omitempty"`
}

func (e *Edge) ready(w http.ResponseWriter, _ *http.Request) {
	switch {
	case !e.serving.Load():
		reply(w, http.StatusServiceUnavailable, problem{Error: "not listening yet"})
	case e.calls.refusing():
		reply(w, http.StatusServiceUnavailable, problem{Error: errDraining.Error()})
	default:
		reply(w, http.StatusOK, map[string]bool{"ready": true})
	}
}

func (e *Edge) postCall(w http.ResponseWriter, r *http.Request) {
	var place struct {
		Place
		Node string `json:"node"`
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAdminBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&place); err != nil {
		reply(w, http.StatusBadRequest, problem{Error: "the body is no {room, to, from, name, node}: " + err.Error(), Stage: StageRequest})
		return
	}
	if place.Node != "" && !strings.EqualFold(place.Node, e.config.Node) {
		reply(w, http.StatusBadRequest, problem{Error: fmt.Sprintf("this is %s, and %s was to call", e.config.Node, place.Node), Stage: StageRequest})
		return
	}
	info, err := e.Place(r.Context(), place.Place)
	if failure, ok := errors.AsType[*Failure](err); ok {
		reply(w, failure.httpStatus(), problem{failure.Error(), failure.Record, failure.Stage, failure.Status})
		return
	}
	if err != nil {
		reply(w, http.StatusInternalServerError, problem{Error: err.Error()})
		return
	}
	w.Header().Set("Location", "/v1/calls/"+info.ID)
	reply(w, http.StatusCreated, info)
}

func (e *Edge) deleteCall(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if id == "" || e.calls.end(id, hungUp) == 0 {
		reply(w, http.StatusNotFound, problem{Error: "no such call"})
		return
	}
	reply(w, http.StatusAccepted, map[string]string{"ending": id})
}

func (e *Edge) putMaintenance(w http.ResponseWriter, r *http.Request) {
	var want maintenance
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAdminBody)).Decode(&want); err != nil {
		reply(w, http.StatusBadRequest, problem{Error: "the body is no {on}: " + err.Error()})
		return
	}
	e.calls.maintain(want.On)
	reply(w, http.StatusOK, want)
}

// participants is one room as Admin shows it.
type participants struct {
	Name         string     `json:"name"`
	Aliases      []string   `json:"aliases"`
	Limit        int        `json:"limit"`
	Participants []CallInfo `json:"participants"`
}

// rooms lists the plan's rooms with who is in them on this node.
func (e *Edge) rooms() []participants {
	inside := make(map[string][]CallInfo)
	for _, info := range e.calls.list() {
		inside[info.Room] = append(inside[info.Room], info)
	}
	list := make([]participants, 0, len(e.config.Plan.Rooms))
	for _, room := range e.config.Plan.Rooms {
		who := inside[room.Name]
		if who == nil {
			who = []CallInfo{}
		}
		list = append(list, participants{room.Name, room.Aliases, room.Limit, who})
	}
	return list
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff") // what peers say is quoted here, and is no page
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(body) // the client has gone: nobody is left to tell
}
