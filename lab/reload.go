package lab

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"fedge/plan"
)

// reload has a node read its certificates again.
func reload(ctx context.Context, n plan.Node) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+n.Admin.String()+"/v1/reload", http.NoBody)
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("lab: having %s read its certificates again: %w", n.Name, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(answer.Body, 4<<10))
		return fmt.Errorf("lab: %s did not read its certificates again: %s", n.Name, said)
	}
	return nil
}
