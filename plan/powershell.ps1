# DNS records of a deployment, for Windows DNS Server. It warns of records at the
# same names that the plan does not have, then adds what is missing and leaves
# alone what is there. Where a name is an alias (CNAME) it adds nothing at all.
# Look first, then run it:
#
#   .\records.ps1 -WhatIf
#   .\records.ps1 -ComputerName dns1.example.com
#
# The server must be the one that the internet asks.
#Requires -Modules DnsServer
[CmdletBinding(SupportsShouldProcess)]
param([string]$ComputerName = 'localhost')
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$dry = [bool]$WhatIfPreference # modules do not see it by themselves
$zones = @{} # by domain: where its records go
$aliases = @() # names of the plan that are a CNAME
$done = if ($dry) { 'to add:' } else { 'added: ' }

# Find-Zone is the closest zone on the server that holds a domain.
function Find-Zone([string]$Domain) {
    $labels = $Domain.Split('.')
    for ($i = 0; $i -lt $labels.Count - 1; $i++) {
        $name = $labels[$i..($labels.Count - 1)] -join '.'
        if (Get-DnsServerZone -ComputerName $ComputerName -Name $name -ErrorAction SilentlyContinue) { return $name }
    }
    throw "There is no zone for $Domain on $ComputerName. Create one: Add-DnsServerPrimaryZone -Name '$Domain' -ZoneFile '$Domain.dns'"
}

# Get-Label is a name as it is written inside its zone.
function Get-Label([string]$Zone, [string]$Name) {
    if ($Name -eq $Zone) { return '@' }
    return $Name.Substring(0, $Name.Length - $Zone.Length - 1)
}

# Get-Data is what the records at a name say, each as one text.
function Get-Data([string]$Zone, [string]$Name) {
    $label = Get-Label $Zone $Name
    $found = Get-DnsServerResourceRecord -ComputerName $ComputerName -ZoneName $Zone -Name $label -ErrorAction SilentlyContinue
    foreach ($record in @($found)) {
        if ($null -eq $record -or $record.HostName -ne $label) { continue } # records below the name come as well
        $data = $record.RecordData
        switch ($record.RecordType) {
            'A' { $data.IPv4Address.IPAddressToString }
            'AAAA' { $data.IPv6Address.IPAddressToString }
            'CNAME' { 'CNAME ' + $data.HostNameAlias.TrimEnd('.') }
            'SRV' { '{0} {1} {2} {3}' -f $data.Priority, $data.Weight, $data.Port, $data.DomainName.TrimEnd('.') }
        }
    }
}

function Add-Service([string]$Zone, [string]$Name, [string]$Target, [int]$Priority, [int]$Weight, [int]$Port, [int]$Ttl) {
    if (@(Get-Data $Zone $Name) -contains "$Priority $Weight $Port $Target") { "there:  $Name SRV $Priority $Weight $Port $Target"; return }
    Add-DnsServerResourceRecord -Srv -ComputerName $ComputerName -ZoneName $Zone -Name (Get-Label $Zone $Name) -DomainName "$Target." -Priority $Priority -Weight $Weight -Port $Port -TimeToLive ([TimeSpan]::FromSeconds($Ttl)) -WhatIf:$dry
    "$done $Name SRV $Priority $Weight $Port $Target"
}

function Add-Address([string]$Zone, [string]$Name, [string]$Address, [int]$Ttl) {
    if (@(Get-Data $Zone $Name) -contains $Address) { "there:  $Name A $Address"; return }
    Add-DnsServerResourceRecord -A -ComputerName $ComputerName -ZoneName $Zone -Name (Get-Label $Zone $Name) -IPv4Address $Address -TimeToLive ([TimeSpan]::FromSeconds($Ttl)) -WhatIf:$dry
    "$done $Name A $Address"
}

# Show-Others warns of what stands at a name besides the plan's records, and
# notes an alias there, beside which DNS lets no other record stand.
function Show-Others([string]$Zone, [string]$Name, [string[]]$Wanted) {
    foreach ($data in @(Get-Data $Zone $Name)) {
        if ($data -like 'CNAME *') { $script:aliases += "$Name ($data)" }
        if ($Wanted -notcontains $data) { Write-Warning "$Name has $data, which the plan does not have; remove it when nothing needs it" }
    }
}

function Stop-AtAlias {
    if ($script:aliases.Count -eq 0) { return }
    throw "Nothing was added: no other record can stand beside a CNAME. Remove it from $($script:aliases -join ', '), and run this again."
}
