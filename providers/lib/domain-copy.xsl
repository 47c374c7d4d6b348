<?xml version="1.0"?>
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!--
  The definition of a copy: the original's machine on disks of its own, with cables into the fence. Devices that are
  not named here are left out, because they could lead out of the fence (passed-through hardware, shared folders,
  sockets, the sound and the screen of the machine below).

  name     of the copy
  disks    folder with TARGET.qcow2 for each disk
  tap      how the names of its cables begin; -0, -1 ... follow
  nvram    file with its firmware's variables; used when the original has one
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
	<xsl:param name="name"/>
	<xsl:param name="disks"/>
	<xsl:param name="tap"/>
	<xsl:param name="nvram"/>
	<xsl:strip-space elements="*"/>
	<xsl:output indent="yes" omit-xml-declaration="yes"/>

	<xsl:template match="@* | node()">
		<xsl:copy><xsl:apply-templates select="@* | node()"/></xsl:copy>
	</xsl:template>

	<xsl:template match="/domain">
		<domain type="{@type}"><xsl:apply-templates select="*"/></domain>
	</xsl:template>
	<xsl:template match="/domain/name"><name><xsl:value-of select="$name"/></name></xsl:template>
	<xsl:template match="/domain/uuid | /domain/metadata | /domain/title | /domain/description | /domain/genid"/>
	<xsl:template match="/domain/seclabel | /domain/resource | /domain/cputune | /domain/numatune | /domain/launchSecurity"/>
	<xsl:template match="/domain/*[namespace-uri() != '']"/>
	<xsl:template match="/domain/os/nvram"><nvram><xsl:value-of select="$nvram"/></nvram></xsl:template>

	<xsl:template match="/domain/devices/*" priority="0.6"/>
	<xsl:template match="/domain/devices/emulator | /domain/devices/controller | /domain/devices/input
		| /domain/devices/rng | /domain/devices/memballoon | /domain/devices/watchdog | /domain/devices/panic"
		priority="1">
		<xsl:copy><xsl:apply-templates select="@* | node()"/></xsl:copy>
	</xsl:template>

	<xsl:template match="/domain/devices/disk[not(@device) or @device = 'disk']" priority="1">
		<disk type="file" device="disk">
			<driver name="qemu" type="qcow2">
				<xsl:copy-of select="driver/@cache | driver/@discard | driver/@detect_zeroes"/>
			</driver>
			<source file="{$disks}/{target/@dev}.qcow2"/>
			<xsl:copy-of select="target | boot | serial | wwn | address | readonly"/>
		</disk>
	</xsl:template>
	<xsl:template match="/domain/devices/disk[@device = 'cdrom' or @device = 'floppy']" priority="1">
		<disk type="file" device="{@device}">
			<xsl:copy-of select="target | boot | address | readonly"/>
		</disk>
	</xsl:template>

	<xsl:template match="/domain/devices/interface" priority="1">
		<interface type="ethernet">
			<xsl:copy-of select="mac | model | mtu | boot | address"/>
			<target dev="{$tap}-{count(preceding-sibling::interface)}" managed="no"/>
		</interface>
	</xsl:template>

	<xsl:template match="/domain/devices/serial | /domain/devices/console" priority="1">
		<xsl:copy>
			<xsl:attribute name="type">pty</xsl:attribute>
			<xsl:copy-of select="target | address"/>
		</xsl:copy>
	</xsl:template>
	<xsl:template match="/domain/devices/channel[target/@name = 'org.qemu.guest_agent.0']" priority="1">
		<channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/><xsl:copy-of select="address"/></channel>
	</xsl:template>
	<xsl:template match="/domain/devices/video" priority="1"><xsl:copy-of select="."/></xsl:template>
</xsl:stylesheet>
