package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"fedge/conformance"
)

// triggerUsage is what --trigger takes.
const triggerUsage = "make nodes call out, `HOW`: 'http URL' (POST of {node, room, to, from, name}), 'command CMD' (told by FEDGE_NODE, FEDGE_ROOM, FEDGE_TO, FEDGE_FROM, FEDGE_NAME), or manual (prints what to dial)"

// trigger makes a node call out. A nil error means that it was told to.
type trigger func(ctx context.Context, node string, call conformance.Place) (conformance.Placed, error)

// triggerOf reads a --trigger; said is where an administrator reads what to dial.
func triggerOf(said io.Writer, text string) (trigger, error) {
	how, err := conformance.ParseTrigger(text)
	if err != nil {
		return nil, fmt.Errorf("--trigger %w", err)
	}
	return pulled(said, how), nil
}

// pulled is how a trigger is pulled; nil: there is none.
func pulled(said io.Writer, t conformance.Trigger) trigger {
	switch t.How {
	case "http":
		return func(ctx context.Context, node string, call conformance.Place) (conformance.Placed, error) {
			return post(ctx, t.What, node, call)
		}
	case "command":
		return func(ctx context.Context, node string, call conformance.Place) (conformance.Placed, error) {
			return command(ctx, t.What, node, call)
		}
	case "manual":
		return func(ctx context.Context, node string, call conformance.Place) (conformance.Placed, error) {
			_, err := fmt.Fprintln(said, byHandOf(ctx, node, call))
			return conformance.Placed{Status: http.StatusAccepted}, err
		}
	}
	return nil
}

// dialling is how long after a trigger was pulled a call may begin.
func dialling(trigger string) time.Duration {
	if strings.TrimSpace(trigger) == "manual" {
		return time.Minute
	}
	return 0
}

// byHandOf says what an administrator is to do, and how long there is for it.
func byHandOf(ctx context.Context, node string, call conformance.Place) string {
	room, left := call.Room, ""
	if room == "" {
		room = "any room"
	}
	if until, bounded := ctx.Deadline(); bounded {
		left = fmt.Sprintf(" within %s", time.Until(until).Round(time.Second))
	}
	return fmt.Sprintf("by hand%s: have %s call out of %s to %s (SIP); whether it is answered does not matter", left, node, room, call.To)
}

// mostSaid bounds what a trigger may answer.
const mostSaid = 64 << 10

func post(ctx context.Context, to, node string, call conformance.Place) (conformance.Placed, error) {
	body, err := json.Marshal(map[string]string{"node": node, "room": call.Room, "to": call.To, "from": call.From, "name": call.Name})
	if err != nil {
		return conformance.Placed{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return conformance.Placed{}, fmt.Errorf("the trigger: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return conformance.Placed{}, fmt.Errorf("the trigger: %w", err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, mostSaid))
	if err != nil {
		return conformance.Placed{}, fmt.Errorf("the trigger: %w", err)
	}
	placed := conformance.Placed{Status: answer.StatusCode, Body: string(said)}
	var told struct {
		ID     string `json:"id"`
		Status int    `json:"sip_status"`
	}
	if json.Unmarshal(said, &told) == nil { // what else it says is its own business
		placed.ID, placed.SIP = told.ID, told.Status
	}
	return placed, nil
}

func command(ctx context.Context, line, node string, call conformance.Place) (conformance.Placed, error) {
	run := exec.CommandContext(ctx, "sh", "-c", line)
	run.Env = append(os.Environ(), "FEDGE_NODE="+node, "FEDGE_ROOM="+call.Room, "FEDGE_TO="+call.To,
		"FEDGE_FROM="+call.From, "FEDGE_NAME="+call.Name)
	// What the shell started may outlive it and keep the output open.
	run.WaitDelay = time.Second
	said, err := run.CombinedOutput()
	said = said[:min(len(said), mostSaid)]
	if err != nil {
		return conformance.Placed{}, fmt.Errorf("the trigger %q: %w: %s", line, err, bytes.TrimSpace(said))
	}
	return conformance.Placed{Status: http.StatusOK, Body: string(said)}, nil
}
